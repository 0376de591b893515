package sqlite

import (
	"context"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// FreeSlots implements store.Timelines.
func (s *Store) FreeSlots(ctx context.Context, worker string, from, duration int64, limit int) (free []schedule.Gap, err error) {
	err = s.look(ctx, func() { free = s.lines.Free(worker, from, duration, limit) })
	return free, err
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
	rows, err := s.writer.QueryContext(ctx, `SELECT worker, id, start_ms, end_ms FROM jobs INDEXED BY jobs_active
		WHERE status IN ('scheduled', 'processing')`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var worker, id string
		var slot schedule.Slot
		if err := rows.Scan(&worker, &id, &slot.Start, &slot.End); err != nil {
			return err
		}
		if !s.lines.Load(worker, id, slot) {
			return fmt.Errorf("job %s overlaps another on %s", id, worker)
		}
	}
	return rows.Err()
}
