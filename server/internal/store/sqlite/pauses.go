package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Pause implements store.Pauses.
func (s *Store) Pause(ctx context.Context, worker string) (p schedule.Pause, found bool, err error) {
	err = s.look(ctx, func() { p, found = s.lines.Pause(worker) })
	return p, found, err
}

const selectPauses = `SELECT p.worker, p.start_ms, p.end_ms, p.reason, p.user_id, u.name FROM pauses p JOIN users u ON u.id = p.user_id`

func scanPause(r row) (schedule.Pause, error) {
	var p schedule.Pause
	return p, r.Scan(&p.Worker, &p.Slot.Start, &p.Slot.End, &p.Reason, &p.UserID, &p.UserName)
}

func (s *Store) loadPauses(ctx context.Context) error {
	rows, err := s.writer.QueryContext(ctx, selectPauses)
	pauses, err := scanAll(rows, err, scanPause)
	for _, p := range pauses {
		s.lines.PutPause(p)
	}
	return err
}

func (t *tx) Pause(_ context.Context, worker string) (schedule.Pause, bool, error) {
	p, found := t.lines.Pause(worker)
	return p, found, nil
}

func (t *tx) Pauses(context.Context) ([]schedule.Pause, error) { return t.lines.Pauses(), nil }

func (t *tx) PutPause(_ context.Context, p schedule.Pause) error {
	if t.store.deleted[p.UserID] {
		return store.ErrUserDeleted
	}
	return t.together(func() error {
		t.lines.PutPause(p)
		const put = `INSERT INTO pauses (worker, start_ms, end_ms, reason, user_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT (worker)
			DO UPDATE SET start_ms = excluded.start_ms, end_ms = excluded.end_ms, reason = excluded.reason, user_id = excluded.user_id`
		err := t.exec(put, p.Worker, p.Slot.Start, p.Slot.End, p.Reason, p.UserID)
		if isForeign(err) {
			return store.ErrUserDeleted
		}
		if err == nil {
			t.notePause(p)
		}
		return err
	})
}

func (t *tx) notePause(p schedule.Pause) {
	t.note(store.Thing{Kind: store.PauseKind, Key: p.Worker, Pause: &p})
}

func (t *tx) DropPause(_ context.Context, worker string) error {
	return t.together(func() error {
		if !t.lines.DropPause(worker) {
			return nil
		}
		if err := t.exec(`DELETE FROM pauses WHERE worker = ?`, worker); err != nil {
			return err
		}
		t.note(store.Thing{Kind: store.PauseKind, Key: worker})
		return nil
	})
}
