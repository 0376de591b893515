package sqlite

import (
	"context"
	"maps"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
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

const (
	sumsOfSeries = `SELECT series, min(series_index) AS least, count(*) AS total, sum(status = 'scheduled') AS scheduled,
		sum(status = 'processing') AS processing, sum(status = 'completed') AS completed, sum(status = 'failed') AS failed,
		sum(status = 'cancelled') AS cancelled, min(start_ms) AS first_ms, max(end_ms) AS last_ms FROM jobs INDEXED BY `
	selectSums = `SELECT ` + jobColumns + `, total, scheduled, processing, completed, failed, cancelled, first_ms, last_ms
		FROM sums JOIN jobs j INDEXED BY jobs_of_series ON j.series = sums.series AND j.series <> '' AND j.series_index = least
		JOIN users u ON u.id = j.user_id ORDER BY sums.series DESC`
)

// ListSeries implements store.Jobs. Ids follow each other in an index, so that a page costs what its series hold.
func (s *Store) ListSeries(ctx context.Context, q store.SeriesQuery) ([]store.Series, error) {
	index, where, args := "jobs_of_series", []string{"series <> ''"}, []any(nil)
	only := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if q.UserID != "" {
		index = "series_of_user"
		only("user_id = ?", q.UserID)
	}
	if q.ID != "" {
		only("series = ?", q.ID)
	}
	if q.IDSuffix != "" {
		only("substr(series, ?) = ?", -len(q.IDSuffix), q.IDSuffix)
	}
	if q.After != "" {
		only("series < ?", q.After)
	}
	sums := sumsOfSeries + index + ` WHERE ` + strings.Join(where, " AND ") + ` GROUP BY series ORDER BY series DESC LIMIT ?`
	rows, err := s.read.QueryContext(ctx, `WITH sums AS (`+sums+`) `+selectSums, append(args, q.Limit)...)
	return scanAll(rows, err, scanSeries)
}

func scanSeries(r row) (of store.Series, err error) {
	var scheduled, processing, completed, failed, cancelled int
	sums := []any{&of.Jobs, &scheduled, &processing, &completed, &failed, &cancelled, &of.Extent.Start, &of.Extent.End}
	of.First, err = scanJob(wider{r, sums})
	of.Counts = map[job.Status]int{
		job.Scheduled:  scheduled,
		job.Processing: processing,
		job.Completed:  completed,
		job.Failed:     failed,
		job.Cancelled:  cancelled,
	}
	maps.DeleteFunc(of.Counts, func(_ job.Status, n int) bool { return n == 0 })
	return of, err
}

// wider is a row with columns behind those of what is scanned.
type wider struct {
	row
	more []any
}

func (w wider) Scan(into ...any) error { return w.row.Scan(append(into, w.more...)...) }
