package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// FreeSlots implements store.Timelines.
func (s *Store) FreeSlots(ctx context.Context, worker string, from, duration int64, limit int) (free []schedule.Gap, err error) {
	err = s.look(ctx, func() { free = s.lines.Free(worker, from, duration, limit) })
	return free, err
}

// Booked implements store.Timelines.
func (s *Store) Booked(ctx context.Context, worker string, slot schedule.Slot, limit int) (found []schedule.Booking, err error) {
	err = s.look(ctx, func() { found = s.lines.Within(worker, slot, limit) })
	return found, err
}

// Movable implements store.Timelines.
func (s *Store) Movable(ctx context.Context, worker string, behind store.Cursor, limit int) (found []store.Movable, err error) {
	err = s.look(ctx, func() { found = s.lines.Movable(worker, behind, limit) })
	return found, err
}

// look reads what is in memory, between two commits.
func (s *Store) look(ctx context.Context, read func()) error {
	if s.isClosed() {
		return store.ErrClosed
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	read()
	return nil
}

// load fills the memory with what the file holds.
func (s *Store) load(ctx context.Context) error {
	for _, load := range []func(context.Context) error{
		s.loadTimelines,
		s.loadPauses,
		s.loadOutages,
		s.loadRequests,
		s.loadDeleted,
		s.loadLog,
	} {
		if err := load(ctx); err != nil {
			return err
		}
	}
	s.lines.Keep()
	return nil
}

func (s *Store) loadTimelines(ctx context.Context) error {
	var longest int64
	if err := s.writer.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'longest slot'`).Scan(&longest); err != nil {
		return err
	}
	s.lines.NoteLength(longest)
	rows, err := s.writer.QueryContext(ctx, `SELECT worker, id, user_id, start_ms, end_ms, status, sooner, pinned, promised_ms, delay, version,
		estimate_ms, started_ms
		FROM jobs INDEXED BY jobs_active WHERE status IN ('scheduled', 'processing')`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		j, err := scanBooked(rows)
		if err != nil {
			return err
		}
		if !s.lines.Load(j.Worker, j.ID, j.Slot()) {
			return fmt.Errorf("job %s overlaps another on %s", j.ID, j.Worker)
		}
		s.lines.NoteJob(j, true)
	}
	return rows.Err()
}

// scanBooked reads what the timelines need to know of a job.
func scanBooked(r row) (j job.Job, err error) {
	var end int64
	var delay sql.NullString
	err = r.Scan(&j.Worker, &j.ID, &j.UserID, &j.Start, &end, &j.Status, &j.Sooner, &j.Pinned, &j.Promised, &delay, &j.Version,
		&j.Estimate, &j.StartedAt)
	j.Duration = end - j.Start
	if err == nil && delay.Valid {
		err = json.Unmarshal([]byte(delay.String), &j.Delay)
	}
	return j, err
}
