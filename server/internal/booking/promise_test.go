package booking_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// wantPromise compares how the place of a job was promised: whether it may start sooner, whether its worker was named, and the
// latest start.
func wantPromise(t *testing.T, j job.Job, sooner, pinned bool) {
	t.Helper()
	if j.Sooner != sooner || j.Pinned != pinned || j.Promised != j.Start {
		t.Errorf("sooner %v, pinned %v, promised for %d and at %d; want %v and %v", j.Sooner, j.Pinned, j.Promised, j.Start, sooner, pinned)
	}
}

func TestHowAPlaceIsPromised(t *testing.T) {
	d := openTwo(t)
	exact, free, fixed := at(d.in(9000)), next(0), next(0)
	fixed.Fixed = true
	wantPromise(t, d.book(d.ada, exact), false, false)
	wantPromise(t, d.book(d.ada, free), true, false)
	wantPromise(t, d.book(d.ada, fixed), false, false)
	named := request(next(0))
	named.Worker = "fast"
	booked, err := d.Book(t.Context(), d.ada, named)
	if err != nil {
		t.Fatal(err)
	}
	wantPromise(t, booked.Job, true, true)
	move := func(j job.Job, to booking.When, worker string) job.Job {
		t.Helper()
		moved, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Move: &to, Worker: worker})
		if err != nil {
			t.Fatal(err)
		}
		return moved.Job
	}
	j := d.book(d.ada, free)
	for _, step := range []struct {
		to             booking.When
		worker         string
		sooner, pinned bool
	}{
		{at(j.Start), "", false, false},        // where it is: it stays there from now on
		{next(d.in(50_000)), "", false, false}, // not before then
		{at(d.in(70_000)), "", false, false},
		{next(0), "", true, false},
		{at(d.in(80_000)), "slow", false, true},
		{next(0), "", true, true},
		{next(0), "fast", true, true},
	} {
		j = move(j, step.to, step.worker)
		wantPromise(t, j, step.sooner, step.pinned)
		if step.worker != "" && j.Worker != step.worker {
			t.Errorf("moved to %s, is on %s", step.worker, j.Worker)
		}
	}
}

// A job whose worker nobody named goes to another where that has room; one that was put on a worker stays there.
func TestAMoveMayChangeTheLane(t *testing.T) {
	d := openTwo(t)
	d.book(d.bob, at(d.in(20_000))) // on the fast one
	j := d.book(d.ada, at(d.in(5000)))
	to := at(d.in(20_000))
	moved, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Move: &to})
	if err != nil || j.Worker != "fast" || moved.Worker != "slow" || moved.Start != to.Moment || moved.Duration != d.lengths["slow"].Slot {
		t.Fatalf("moved to %+v (%v)", moved.Job, err)
	}
	later := at(d.in(40_000))
	moved, err = d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: moved.Version, Move: &later})
	if err != nil || moved.Worker != "slow" {
		t.Errorf("its own worker is free, and it goes to %s (%v)", moved.Worker, err)
	}
	named := request(at(d.in(5000)))
	named.Worker = "fast"
	pinned, err := d.Book(t.Context(), d.ada, named)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Edit(t.Context(), d.ada, pinned.ID, booking.Edit{Version: pinned.Version, Move: &to})
	if c := conflict(t, err); c.NextFreeWorker != "fast" {
		t.Errorf("the conflict of a job that stays on its worker: %+v", c)
	}
}
