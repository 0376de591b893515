package booking_test

import (
	"context"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// A worker that goes out of service empties its lane, by a plan that can be seen before: at the same time where another is free, else
// the next free start; who named the worker waits there.
func TestAWorkerGoesOutOfService(t *testing.T) {
	d := openTwo(t)
	on := func(worker string, w booking.When) booking.Request {
		r := request(w)
		r.Worker = worker
		return r
	}
	book := func(r booking.Request) booking.Changed {
		t.Helper()
		j, err := d.Book(t.Context(), d.ada, r)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	pinned := book(on("fast", at(d.in(1000))))
	same := d.book(d.bob, at(d.in(10_000)))
	displaced := d.book(d.bob, at(d.in(20_000)))
	inTheWay := book(on("slow", at(d.in(20_100))))
	if same.Worker != "fast" || displaced.Worker != "fast" {
		t.Fatalf("booked on %s and %s", same.Worker, displaced.Worker)
	}
	ask := booking.Outage{Worker: "fast", Reason: "its fan is broken", Plan: true}
	check := func(what string, plan booking.Plan) {
		t.Helper()
		if len(plan.Moves) != 3 || plan.More != 0 {
			t.Fatalf("%s: %+v", what, plan)
		}
		if m := plan.Moves[0]; m.Job.ID != pinned.ID || m.Worker != "" || m.Problem == "" {
			t.Errorf("%s: the pinned one: %+v", what, m)
		}
		if m := plan.Moves[1]; m.Job.ID != same.ID || m.Worker != "slow" || m.To.Start != same.Start || m.Problem != "" {
			t.Errorf("%s: the one that keeps its time: %+v", what, m)
		}
		if m := plan.Moves[2]; m.Job.ID != displaced.ID || m.Worker != "slow" || m.To.Start <= inTheWay.Slot().End {
			t.Errorf("%s: the one that is displaced: %+v", what, m)
		}
	}
	plan, err := d.TakeOutOfService(t.Context(), d.root, ask)
	if err != nil {
		t.Fatal(err)
	}
	check("planned", plan)
	if j, err := d.store.Job(t.Context(), same.ID); err != nil || j.Worker != "fast" || j.Version != same.Version {
		t.Errorf("the plan has changed something: %+v (%v)", j, err)
	}
	ask.Plan = false
	if plan, err = d.TakeOutOfService(t.Context(), d.root, ask); err != nil {
		t.Fatal(err)
	}
	check("done", plan)
	if j, err := d.store.Job(t.Context(), same.ID); err != nil || j.Worker != "slow" || j.Start != same.Start || j.Delay != nil {
		t.Errorf("kept its time: %+v (%v)", j, err)
	}
	if j, err := d.store.Job(t.Context(), displaced.ID); err != nil || j.Start != plan.Moves[2].To.Start || j.Delay == nil ||
		!strings.Contains(j.Delay.Reason, "its fan is broken") {
		t.Errorf("displaced: %+v (%v)", j, err)
	}
	// The catalog may not know it yet: whoever books then is refused all the same.
	_, err = d.Book(t.Context(), d.ada, on("fast", next(d.in(0))))
	if !fault.Is(err, fault.NotBookable) || !strings.Contains(err.Error(), "out of service: its fan is broken") {
		t.Errorf("booked there: %v", err)
	}
	events, err := d.store.Events(t.Context(), audit.Query{Limit: 1})
	if err != nil || len(events) != 1 || events[0].Action != audit.TakeWorkerOut || !strings.Contains(events[0].Detail, "bookings moved: 2") {
		t.Errorf("noted: %+v (%v)", events, err)
	}
	for range 2 {
		if err := d.ReturnToService(t.Context(), d.root, "fast"); err != nil {
			t.Fatal(err)
		}
	}
	if j := book(on("fast", next(d.in(0)))); j.Worker != "fast" {
		t.Errorf("after its return: %+v", j)
	}
	for _, err := range []error{
		d.ReturnToService(t.Context(), d.root, "gpu"),
		func() error {
			_, err := d.TakeOutOfService(t.Context(), d.root, booking.Outage{Worker: "gpu"})
			return err
		}(),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a worker that is not there: %v", err)
		}
	}
}

// Where no other worker can run them, bookings stay.
func TestTheOnlyWorkerGoesOutOfService(t *testing.T) {
	d := open(t, t.TempDir())
	j := d.book(d.ada, at(d.in(5000)))
	plan, err := d.TakeOutOfService(t.Context(), d.root, booking.Outage{Worker: "gpu"})
	if err != nil || len(plan.Moves) != 1 || plan.Moves[0].Problem == "" {
		t.Errorf("plan: %+v (%v)", plan, err)
	}
	if stayed, err := d.store.Job(t.Context(), j.ID); err != nil || stayed.Version != j.Version {
		t.Errorf("it was changed: %+v (%v)", stayed, err)
	}
}

// A worker that is taken out of the configuration leaves its bookings to the others; those that name it wait and say so.
func TestAWorkerThatIsNotInTheConfigurationAnyMore(t *testing.T) {
	d := openTwo(t)
	named := request(at(d.in(1000)))
	named.Worker = "fast"
	pinned, err := d.Book(t.Context(), d.ada, named)
	if err != nil {
		t.Fatal(err)
	}
	free, running := d.book(d.bob, at(d.in(10_000))), d.book(d.bob, at(d.in(20_000)))
	running.StartProcessing()
	if _, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) }); err != nil {
		t.Fatal(err)
	}
	d.catalog = offering(health.Worker{ID: "slow"})
	d.limit(account.Limits{})
	for range 2 {
		if waiting, err := d.EmptyGone(t.Context()); err != nil || waiting {
			t.Fatalf("some may move later: %v (%v)", waiting, err)
		}
	}
	if j, err := d.store.Job(t.Context(), free.ID); err != nil || j.Worker != "slow" || j.Start != free.Start || j.Delay != nil {
		t.Errorf("one that any worker may run: %+v (%v)", j, err)
	}
	if j, err := d.store.Job(t.Context(), running.ID); err != nil || j.Worker != "slow" || j.Status != job.Scheduled || j.Attempt != 2 ||
		!strings.Contains(j.Delay.Reason, "fast is not in the configuration any more") {
		t.Errorf("one that ran there: %+v (%v)", j, err)
	}
	if j, err := d.store.Job(t.Context(), pinned.ID); err != nil || j.Worker != "fast" || j.Status != job.Scheduled || j.Delay == nil ||
		!strings.Contains(j.Delay.Reason, "fast is not in the configuration any more, and its owner named") {
		t.Errorf("one that names it: %+v (%v)", j, err)
	}
}
