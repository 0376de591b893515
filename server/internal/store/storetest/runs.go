package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// runs: what runs on a worker, and until when, is known within an update, is taken back with it, and known again after a restart.
func runs(t *testing.T, s *suite) {
	user := s.user()
	running := func(worker string, start, started, estimate int64) job.Job {
		j := booking(user, worker, start, 50)
		j.Status, j.StartedAt, j.Estimate = job.Processing, started, estimate
		s.insert(j)
		return j
	}
	late := running("a", 100, 170, 40)
	early := running("a", 200, 190, 500)
	other := running("b", 100, 100, 30)
	s.insert(booking(user, "c", 100, 50))
	want := func(tx store.Tx, worker, except string, wanted int64) {
		t.Helper()
		until, runs, err := tx.RunsUntil(t.Context(), worker, except)
		if err != nil || until != wanted || runs != (wanted > 0) {
			t.Errorf("%s runs until %d (%v, %v), want %d", worker, until, runs, err, wanted)
		}
	}
	all := func(tx store.Tx) {
		t.Helper()
		want(tx, "a", "", 700)
		want(tx, "a", early.ID, 210)
		want(tx, "b", "", 130)
		want(tx, "b", other.ID, 0)
		want(tx, "c", "", 0)
		want(tx, "nobody", "", 0)
	}
	s.update(func(_ context.Context, tx store.Tx) error { all(tx); return nil })
	_ = s.try(func(ctx context.Context, tx store.Tx) error {
		gone, begun := early, other
		gone.Complete(300, nil)
		begun.Worker, begun.Start, begun.Estimate = "c", 400, 70
		next := booking(user, "nobody", 100, 50)
		next.Status, next.Estimate = job.Processing, 10
		if err := errors.Join(tx.UpdateJob(ctx, gone), tx.UpdateJob(ctx, begun), tx.InsertJob(ctx, next)); err != nil {
			t.Error(err)
		}
		want(tx, "a", "", 210)
		want(tx, "b", "", 0)
		want(tx, "c", "", 470)
		want(tx, "nobody", "", 110)
		return errBad
	})
	s.update(func(_ context.Context, tx store.Tx) error { all(tx); return nil })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Store = s.open(t, s.folder)
	s.update(func(_ context.Context, tx store.Tx) error { all(tx); return nil })
	s.update(func(ctx context.Context, tx store.Tx) error {
		late.Complete(300, nil)
		early.Complete(300, nil)
		return errors.Join(tx.UpdateJob(ctx, late), tx.UpdateJob(ctx, early))
	})
	s.update(func(_ context.Context, tx store.Tx) error { want(tx, "a", "", 0); return nil })
}
