package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func outages(t *testing.T, s *suite) {
	o := schedule.Outage{Worker: "gpu", Since: 1000, Reason: "its fan is broken"}
	before, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		if _, out, err := tx.Outage(ctx, "gpu"); out || err != nil {
			t.Errorf("out of service before: %v (%v)", out, err)
		}
		return tx.PutOutage(ctx, schedule.Outage{Worker: "gpu", Since: 900})
	})
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutOutage(ctx, o) })
	refused := errors.New("changed my mind")
	_, _ = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_ = tx.DropOutage(ctx, "gpu")
		_ = tx.PutOutage(ctx, schedule.Outage{Worker: "other"})
		return refused
	})
	_ = s.Close()
	s.Store = s.open(t, s.folder)
	if got, out, err := s.Outage(t.Context(), "gpu"); got != o || !out || err != nil {
		t.Errorf("outage %+v, want %+v (%v)", got, o, err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		if all, err := tx.Outages(ctx); len(all) != 1 || all[0] != o || err != nil {
			t.Errorf("all: %+v (%v)", all, err)
		}
		return nil
	})
	told := func() *schedule.Outage {
		t.Helper()
		changes, err := s.Changes(t.Context(), before, 100)
		if err != nil || len(changes) == 0 {
			t.Fatalf("%d changes (%v)", len(changes), err)
		}
		things := changes[len(changes)-1].Things
		last := things[len(things)-1]
		if last.Kind != store.WorkerKind || last.Key != "gpu" {
			t.Errorf("told %+v", last)
		}
		return last.Outage
	}
	if got := told(); got == nil || *got != o {
		t.Errorf("told %+v, want %+v", got, o)
	}
	for range 2 {
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.DropOutage(ctx, "gpu") })
	}
	if _, out, err := s.Outage(t.Context(), "gpu"); out || err != nil {
		t.Errorf("out of service after its return: %v (%v)", out, err)
	}
	if got := told(); got != nil {
		t.Errorf("after its return told %+v", got)
	}
}
