package booking_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// openTwo opens a desk with two workers, of which the first one takes three times as long.
func openTwo(t *testing.T) *desk {
	d := open(t, t.TempDir())
	d.catalog = offering(health.Worker{ID: "slow"}, health.Worker{ID: "fast"})
	d.lengths["slow"] = estimate.Length{Expected: 3 * slot, Slot: 3 * slot}
	d.lengths["fast"] = estimate.Length{Expected: slot, Slot: slot}
	d.limit(account.Limits{})
	return d
}

func TestBookingsGoWhereTheyEndFirst(t *testing.T) {
	d := openTwo(t)
	for i, want := range []struct {
		worker string
		start  int64
	}{
		{"fast", 0}, // it ends first, although the slow one is named first and is free at once
		{"fast", slot + 1},
		{"slow", 0}, // on the fast one it would end 2 ms later
		{"fast", 2 * (slot + 1)},
	} {
		j := d.book(d.ada, next(d.in(0)))
		if j.Worker != want.worker || j.Start != d.in(want.start) || j.Duration != d.lengths[want.worker].Slot {
			t.Errorf("booking %d is on %s at %d for %d, want %+v", i, j.Worker, j.Start-d.in(0), j.Duration, want)
		}
	}
}

// A worker on which something has to make way first is given the time for that, but for an exact start.
func TestAWorkerThatHasToMakeWay(t *testing.T) {
	d := openTwo(t)
	d.Lead = func(worker string) int64 { return map[string]int64{"fast": 1000}[worker] }
	named := request(next(d.in(0)))
	named.Worker = "fast"
	if j, err := d.Book(t.Context(), d.ada, named); err != nil || j.Start != d.in(1000) {
		t.Errorf("the next free start is at %d (%v)", j.Start-d.in(0), err)
	}
	later := request(next(d.in(0)))
	later.Worker = "slow"
	if j, err := d.Book(t.Context(), d.ada, later); err != nil || j.Start != d.in(0) {
		t.Errorf("elsewhere it is at %d (%v)", j.Start-d.in(0), err)
	}
	d.Lead = func(string) int64 { return 5 * slot }
	exact := request(at(d.in(1000 + slot + 1)))
	exact.Worker = "fast"
	if j, err := d.Book(t.Context(), d.bob, exact); err != nil || j.Start != exact.When.Moment {
		t.Errorf("an exact start is at %d (%v)", j.Start-d.in(0), err)
	}
}

func TestConflictOffersTheEarliestStartOfAllWorkers(t *testing.T) {
	d := openTwo(t)
	slow := request(at(d.in(0)))
	slow.Worker = "slow"
	first, err := d.Book(t.Context(), d.ada, slow)
	if err != nil || first.Worker != "slow" {
		t.Fatalf("on the slow worker: %+v (%v)", first, err)
	}
	d.book(d.ada, at(d.in(0))) // goes to the fast one
	_, err = d.Book(t.Context(), d.bob, request(at(d.in(0))))
	c := conflict(t, err)
	if c.JobID != first.ID || c.NextFreeWorker != "fast" || c.NextFree != d.in(slot+1) {
		t.Errorf("conflict: %+v", c)
	}
	_, err = d.Book(t.Context(), d.bob, slow)
	if c := conflict(t, err); c.NextFreeWorker != "slow" || c.NextFree != first.Slot().End+1 {
		t.Errorf("conflict on the worker that was named: %+v", c)
	}
	if j := d.book(d.bob, at(c.NextFree)); j.Worker != c.NextFreeWorker {
		t.Errorf("the offered start is on %s", j.Worker)
	}
	unknown := request(next(0))
	unknown.Worker = "gpu"
	if _, err := d.Book(t.Context(), d.bob, unknown); !fault.Is(err, fault.NotFound) {
		t.Errorf("on a worker that there is not: %v", err)
	}
}

func TestPauseMovesNobodyElsesBookings(t *testing.T) {
	d := openTwo(t)
	fast := d.book(d.ada, at(d.in(5000)))
	other := request(at(d.in(5000)))
	other.Worker = "slow"
	slow, err := d.Book(t.Context(), d.ada, other)
	if err != nil {
		t.Fatal(err)
	}
	other.When, other.Worker = at(d.in(5000+slot+1)), "fast"
	pinned, err := d.Book(t.Context(), d.ada, other)
	if err != nil {
		t.Fatal(err)
	}
	if _, moving, err := d.Pause(t.Context(), d.root, booking.PauseRequest{
		Worker:   "fast",
		From:     d.in(4000),
		Duration: 9000,
		Move:     true,
	}); err != nil || moving != 2 {
		t.Fatalf("%d bookings are moved (%v)", moving, err)
	}
	for more := true; more; {
		if _, more, err = d.ClearPause(t.Context(), "fast"); err != nil {
			t.Fatal(err)
		}
	}
	moved, err := d.store.Job(t.Context(), fast.ID)
	if err != nil || moved.Worker != "slow" || moved.Start != slow.Slot().End+1 || moved.Promised != moved.Start {
		t.Errorf("the booking in the pause, which nobody has pinned: %+v (%v)", moved, err)
	}
	if stayed, err := d.store.Job(t.Context(), pinned.ID); err != nil || stayed.Worker != "fast" || stayed.Start != d.in(13_001) {
		t.Errorf("the booking in the pause that is pinned to its worker: %+v (%v)", stayed, err)
	}
	if stayed, err := d.store.Job(t.Context(), slow.ID); err != nil || stayed.Start != slow.Start || stayed.Version != slow.Version {
		t.Errorf("the booking on the other worker: %+v (%v)", stayed, err)
	}
}
