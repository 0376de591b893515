package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

const (
	fromSeries   = ` FROM jobs j INDEXED BY jobs_of_series JOIN users u ON u.id = j.user_id`
	inSeries     = `j.series = ? AND j.series <> ''`
	selectSeries = `SELECT ` + jobColumns + fromSeries + ` WHERE ` + inSeries + ` ORDER BY j.series_index, j.id`
	ended        = `status IN ('completed', 'failed', 'cancelled') AND start_ms BETWEEN ? AND ?
		AND (status <> 'cancelled' OR started_ms > 0)`
	selectEndedOn   = `SELECT coalesce(sum(end_ms - start_ms), 0) FROM jobs INDEXED BY jobs_of_user WHERE user_id = ? AND ` + ended
	selectEndedPart = `SELECT coalesce(sum(end_ms - start_ms), 0) FROM jobs WHERE id = ? AND user_id = ? AND ` + ended
)

func (t *tx) SeriesJobs(_ context.Context, series string) ([]job.Job, error) {
	return t.queryJobs(selectSeries, series)
}

func (t *tx) BookedTime(_ context.Context, userID string, day schedule.Slot, except string) (open, onDay int64, err error) {
	return t.lines.BookedTime(userID, day, except, t)
}

// EndedOn implements timelines.Ended.
func (t *tx) EndedOn(userID string, day schedule.Slot) (ms int64, err error) {
	err = t.query(selectEndedOn, userID, day.Start, day.End).Scan(&ms)
	return ms, classify(err)
}

// EndedPart implements timelines.Ended.
func (t *tx) EndedPart(userID string, day schedule.Slot, id string) (ms int64, err error) {
	err = t.query(selectEndedPart, id, userID, day.Start, day.End).Scan(&ms)
	return ms, classify(err)
}
