package sqlite

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// allStatuses stand in for none in a query.
var allStatuses = []job.Status{job.Scheduled, job.Processing, job.Completed, job.Failed, job.Cancelled}

// ListJobs implements store.Jobs. Each status is read in the order of its index and they are merged, so that a page costs
// what it holds and not what lies between.
func (s *Store) ListJobs(ctx context.Context, q store.Query) ([]job.Job, error) {
	if none, err := s.hasNone(ctx, q); none || err != nil {
		return nil, err
	}
	direction, beyond := "ASC", ">"
	if q.Descending {
		direction, beyond = "DESC", "<"
	}
	where := []string{"j.status = ?"}
	var args []any
	only := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if q.UserID != "" {
		only("j.user_id = ?", q.UserID)
	}
	if q.Worker != "" {
		only("j.worker = ?", q.Worker)
	}
	if q.Workflow != "" {
		only("j.workflow = ?", q.Workflow)
	}
	if q.Series != "" {
		only(inSeries, q.Series)
	}
	if q.IDSuffix != "" {
		only("substr(j.id, ?) = ?", -len(q.IDSuffix), q.IDSuffix)
	}
	if q.Window != nil {
		var longest int64
		if err := s.look(ctx, func() { longest = s.lines.Longest() }); err != nil {
			return nil, err
		}
		// No slot that starts before the first moment can reach into the window: without that bound all of history is read.
		only("j.start_ms BETWEEN ? AND ? AND j.end_ms >= ?", q.Window.Start-longest, q.Window.End, q.Window.Start)
	}
	if q.After != nil {
		only("(j.start_ms, j.id) "+beyond+" (?, ?)", q.After.Start, q.After.ID)
	}
	statuses := q.Statuses
	if len(statuses) == 0 {
		statuses = allStatuses
	}
	from := fromJobs
	if q.Series != "" {
		from = fromSeries
	}
	one := `SELECT ` + jobColumns + from + " WHERE " + strings.Join(where, " AND ")
	var parts []string
	var all []any
	for _, status := range statuses {
		parts = append(parts, one)
		all = append(append(all, string(status)), args...)
	}
	query := strings.Join(parts, " UNION ALL ") + fmt.Sprintf(" ORDER BY %d %s, %d %s LIMIT ?", startColumn, direction, idColumn, direction)
	return scanJobs(s.read.QueryContext(ctx, query, append(all, q.Limit)...))
}

// hasNone reports whether the timelines show that no job can be found: every lane asks again and again what is booked on its worker, or
// runs there, and mostly nothing does.
func (s *Store) hasNone(ctx context.Context, q store.Query) (none bool, err error) {
	if q.Worker == "" || len(q.Statuses) == 0 || slices.ContainsFunc(q.Statuses, func(is job.Status) bool { return !is.Active() }) {
		return false, nil
	}
	window := schedule.Slot{Start: math.MinInt64, End: math.MaxInt64}
	if q.Window != nil {
		window = *q.Window
	}
	err = s.look(ctx, func() {
		_, runs := s.lines.RunsUntil(q.Worker, "")
		none = !runs && !slices.Contains(q.Statuses, job.Scheduled) || len(s.lines.Within(q.Worker, window, 1)) == 0
	})
	return none, err
}
