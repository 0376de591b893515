package memory

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Outage implements store.Outages.
func (s *Store) Outage(ctx context.Context, worker string) (o schedule.Outage, found bool, err error) {
	o, err = read(ctx, s, func(state *State) (o schedule.Outage, _ error) {
		o, found = state.outages[worker]
		return o, nil
	})
	return o, found, err
}

func (t *tx) Outage(_ context.Context, worker string) (schedule.Outage, bool, error) {
	o, found := t.lines.Outage(worker)
	return o, found, nil
}

func (t *tx) Outages(context.Context) ([]schedule.Outage, error) { return t.lines.Outages(), nil }

func (t *tx) PutOutage(_ context.Context, o schedule.Outage) error {
	t.lines.PutOutage(o)
	put(t, t.outages, o.Worker, o)
	t.note(store.Thing{Kind: store.WorkerKind, Key: o.Worker, Outage: &o})
	return nil
}

func (t *tx) DropOutage(_ context.Context, worker string) error {
	if !t.lines.DropOutage(worker) {
		return nil
	}
	drop(t, t.outages, worker)
	t.note(store.Thing{Kind: store.WorkerKind, Key: worker})
	return nil
}
