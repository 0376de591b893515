package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Outage implements store.Outages.
func (s *Store) Outage(ctx context.Context, worker string) (o schedule.Outage, found bool, err error) {
	err = s.look(ctx, func() { o, found = s.lines.Outage(worker) })
	return o, found, err
}

const selectOutages = `SELECT worker, since_ms, reason FROM outages`

func scanOutage(r row) (schedule.Outage, error) {
	var o schedule.Outage
	return o, r.Scan(&o.Worker, &o.Since, &o.Reason)
}

func (s *Store) loadOutages(ctx context.Context) error {
	rows, err := s.writer.QueryContext(ctx, selectOutages)
	outages, err := scanAll(rows, err, scanOutage)
	for _, o := range outages {
		s.lines.PutOutage(o)
	}
	return err
}

func (t *tx) Outage(_ context.Context, worker string) (schedule.Outage, bool, error) {
	o, found := t.lines.Outage(worker)
	return o, found, nil
}

func (t *tx) Outages(context.Context) ([]schedule.Outage, error) { return t.lines.Outages(), nil }

func (t *tx) PutOutage(_ context.Context, o schedule.Outage) error {
	return t.together(func() error {
		t.lines.PutOutage(o)
		const put = `INSERT INTO outages (worker, since_ms, reason) VALUES (?, ?, ?) ON CONFLICT (worker)
			DO UPDATE SET since_ms = excluded.since_ms, reason = excluded.reason`
		if err := t.exec(put, o.Worker, o.Since, o.Reason); err != nil {
			return err
		}
		t.note(store.Thing{Kind: store.WorkerKind, Key: o.Worker, Outage: &o})
		return nil
	})
}

func (t *tx) DropOutage(_ context.Context, worker string) error {
	return t.together(func() error {
		if !t.lines.DropOutage(worker) {
			return nil
		}
		if err := t.exec(`DELETE FROM outages WHERE worker = ?`, worker); err != nil {
			return err
		}
		t.note(store.Thing{Kind: store.WorkerKind, Key: worker})
		return nil
	})
}
