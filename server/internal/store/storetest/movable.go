package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// movable: what may start earlier than its slot is told in the order of the promises, to the workers that it is not kept from.
func movable(t *testing.T, s *suite) {
	user := s.user()
	make := func(worker string, start, promised int64, change func(*job.Job)) job.Job {
		j := booking(user, worker, start, 50)
		j.Pinned, j.Promised = false, promised
		change(&j)
		s.insert(j)
		return j
	}
	free := make("a", 100, 700, func(*job.Job) {})
	later := make("b", 200, 0, func(j *job.Job) { j.Start = 800 })
	pinned := make("a", 300, 600, func(j *job.Job) { j.Pinned = true })
	elsewhere := make("b", 400, 500, func(j *job.Job) { j.Pinned = true })
	retried := make("a", 500, 900, func(j *job.Job) { j.Sooner, j.Delay = false, &job.Delay{Kind: job.Retry} })
	make("a", 600, 100, func(j *job.Job) { j.Sooner = false })
	make("a", 700, 200, func(j *job.Job) { j.Sooner, j.Delay = false, &job.Delay{Kind: job.Late} })
	make("a", 800, 300, func(j *job.Job) { j.Status = job.Processing })
	want := func(worker string, jobs ...job.Job) {
		t.Helper()
		var ids, got []string
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
		behind := store.Cursor{}
		for {
			page, err := s.Movable(t.Context(), worker, behind, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				got, behind = append(got, m.ID), m.Cursor()
				if j := s.job(m.ID); m.Version != j.Version || m.Worker != j.Worker || m.Promised != j.PromisedStart() ||
					(m.Pinned != "") != j.Pinned {
					t.Errorf("%+v is %+v", m, j)
				}
			}
			if len(page) < 2 {
				break
			}
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Errorf("on %s: %s", worker, diff)
		}
	}
	want("a", pinned, free, later, retried)
	want("b", elsewhere, free, later, retried)
	want("c", free, later, retried)
	_ = s.try(func(ctx context.Context, tx store.Tx) error {
		gone := pinned
		return errors.Join(gone.Cancel(1), tx.UpdateJob(ctx, gone), errors.New("changed my mind"))
	})
	want("a", pinned, free, later, retried)
	s.update(func(ctx context.Context, tx store.Tx) error {
		free.MoveForward(job.Place{Worker: "c", Start: 10, Duration: 50})
		free.StartProcessing()
		later.Move(550)
		return errors.Join(pinned.Cancel(1), tx.UpdateJob(ctx, pinned), tx.UpdateJob(ctx, free), tx.UpdateJob(ctx, later))
	})
	want("a", later, retried)
	want("b", elsewhere, later, retried)
	if booked, err := s.Booked(t.Context(), "c", schedule.NewSlot(0, 10), 1); err != nil || len(booked) != 1 || booked[0].ID != free.ID {
		t.Errorf("booked: %v (%v)", booked, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Store = s.open(t, s.folder)
	want("a", later, retried)
}
