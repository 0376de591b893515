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
	selectTime   = `SELECT
		(SELECT coalesce(sum(end_ms - start_ms), 0) FROM jobs INDEXED BY jobs_of_user
			WHERE user_id = ?1 AND status IN ('scheduled', 'processing') AND id <> ?2),
		(SELECT coalesce(sum(end_ms - start_ms), 0) FROM jobs INDEXED BY jobs_of_user
			WHERE user_id = ?1 AND status IN ('scheduled', 'processing', 'completed', 'failed', 'cancelled')
			AND start_ms BETWEEN ?3 AND ?4 AND (status <> 'cancelled' OR started_ms > 0) AND id <> ?2)`
)

func (t *tx) SeriesJobs(_ context.Context, series string) ([]job.Job, error) {
	return t.queryJobs(selectSeries, series)
}

func (t *tx) BookedTime(_ context.Context, userID string, day schedule.Slot, except string) (open, onDay int64, err error) {
	err = t.query(selectTime, userID, except, day.Start, day.End).Scan(&open, &onDay)
	return open, onDay, classify(err)
}
