package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Pause implements store.Pauses.
func (s *Store) Pause(worker string) (schedule.Pause, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.pauses[worker]
	return p, ok
}

func (s *Store) loadPauses(ctx context.Context) error {
	rows, err := s.writer.QueryContext(ctx, `SELECT p.worker, p.start_ms, p.end_ms, p.reason, p.user_id, u.name FROM pauses p JOIN users u ON u.id = p.user_id`)
	pauses, err := collect(rows, err, func(r row) (schedule.Pause, error) {
		var p schedule.Pause
		return p, r.Scan(&p.Worker, &p.Slot.Start, &p.Slot.End, &p.Reason, &p.UserID, &p.UserName)
	})
	for _, p := range pauses {
		s.pauses[p.Worker] = p
		s.timeline(p.Worker).Close(store.PauseID, p.Slot)
	}
	return err
}

func (t *tx) Pause(worker string) (schedule.Pause, bool) {
	p, ok := t.store.pauses[worker]
	return p, ok
}

func (t *tx) PutPause(p schedule.Pause) error {
	if err := t.DropPause(p.Worker); err != nil {
		return err
	}
	return t.together(func() error {
		line := t.store.timeline(p.Worker)
		line.Close(store.PauseID, p.Slot)
		t.store.pauses[p.Worker] = p
		t.undos = append(t.undos, func() {
			line.Open()
			delete(t.store.pauses, p.Worker)
		})
		t.pauses = append(t.pauses, p)
		const insert = `INSERT INTO pauses (worker, start_ms, end_ms, reason, user_id) VALUES (?, ?, ?, ?, ?)`
		return t.exec(insert, p.Worker, p.Slot.Start, p.Slot.End, p.Reason, p.UserID)
	})
}

func (t *tx) DropPause(worker string) error {
	before, paused := t.store.pauses[worker]
	if !paused {
		return nil
	}
	return t.together(func() error {
		line := t.store.timeline(worker)
		line.Open()
		delete(t.store.pauses, worker)
		t.undos = append(t.undos, func() {
			line.Close(store.PauseID, before.Slot)
			t.store.pauses[worker] = before
		})
		t.pauses = append(t.pauses, schedule.Pause{Worker: worker, Slot: schedule.Slot{Start: 0, End: -1}})
		return t.exec(`DELETE FROM pauses WHERE worker = ?`, worker)
	})
}
