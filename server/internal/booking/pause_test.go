package booking_test

import (
	"context"
	"errors"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestPauseNamesWhatIsInTheWayAndMovesItWhenTold(t *testing.T) {
	d := open(t, t.TempDir())
	before, first, second, after := d.book(d.ada, at(d.in(1000))), d.book(d.ada, at(d.in(5000))), d.book(d.bob, at(d.in(6001))),
		d.book(d.bob, at(d.in(9000)))
	pause := booking.PauseRequest{Worker: "gpu", From: first.Slot().End, Duration: 2500, Reason: "rendering for the expo"}
	_, _, err := d.Pause(t.Context(), d.root, pause)
	inTheWay, is := fault.InTheWayOf(err)
	if !is || inTheWay.Count != 2 || len(inTheWay.Bookings) != 2 || inTheWay.Bookings[0].JobID != first.ID ||
		inTheWay.Bookings[1].JobID != second.ID {
		t.Fatalf("got %v", err)
	}
	if _, paused, err := d.store.Pause(t.Context(), "gpu"); paused || err != nil {
		t.Error("it is paused all the same")
	}
	pause.Move = true
	made, moved, err := d.Pause(t.Context(), d.root, pause)
	if err != nil || moved != 2 || made.Slot.Start != pause.From || made.Slot.End != pause.From+2500 {
		t.Fatalf("paused %+v, %d moved (%v)", made, moved, err)
	}
	d.clear()
	start := after.Slot().End + 1 // between the pause and the job after it no slot fits
	for _, booked := range []job.Job{first, second} {
		j, err := d.store.Job(t.Context(), booked.ID)
		if err != nil || j.Start != start || j.Delay == nil || j.Delay.Kind != job.Paused || j.Delay.BookedStart != booked.Start ||
			j.Delay.Reason != "Root has paused the worker: rendering for the expo" {
			t.Errorf("moved to %+v %+v (%v)", j, j.Delay, err)
		}
		start = j.Slot().End + 1
	}
	for _, booked := range []job.Job{before, after} {
		if j, err := d.store.Job(t.Context(), booked.ID); err != nil || j.Start != booked.Start || j.Delay != nil {
			t.Errorf("not in the way, but moved: %+v (%v)", j, err)
		}
	}
	_, err = d.Book(t.Context(), d.ada, request(at(made.Slot.Start+500)))
	if c := conflict(t, err); !c.Pause || c.UserName != "Root" || c.JobID != "" || c.NextFree != start {
		t.Errorf("conflict: %+v", c)
	}
	if err := d.Resume(t.Context(), d.root, "gpu"); err != nil {
		t.Fatal(err)
	}
	d.book(d.ada, at(made.Slot.Start+500))
}

func TestPauseStartsAfterTheRunningJob(t *testing.T) {
	d := open(t, t.TempDir())
	running := d.book(d.ada, at(d.in(0)))
	running.StartProcessing()
	running.Posted(d.in(300), "")
	if _, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) }); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second pause replaces the first
		made, _, err := d.Pause(t.Context(), d.root, booking.PauseRequest{Worker: "gpu", Duration: 60_000, Move: true})
		if want := max(running.Slot().End, running.StartedAt+running.Estimate) + 1; err != nil || made.Slot.Start != want {
			t.Errorf("starts at %d, want %d (%v)", made.Slot.Start, want, err)
		}
	}
	if err := d.Resume(t.Context(), d.root, "cpu"); err == nil {
		t.Error("an unknown worker is resumed")
	}
}

func TestLimits(t *testing.T) {
	d := open(t, t.TempDir())
	d.limit(account.Limits{OpenBookings: 2, DaysAhead: 1})
	const day = 24 * 60 * 60 * 1000
	var input *fault.Error
	if _, err := d.Book(t.Context(), d.ada, request(at(d.in(day+1)))); !errors.As(err, &input) || input.Fields[0].Name != "start_ms" {
		t.Errorf("too far ahead: %v", err)
	}
	if _, err := d.Book(t.Context(), d.ada, request(next(d.in(day+1)))); !errors.As(err, &input) ||
		input.Fields[0].Name != "earliest_start_ms" {
		t.Errorf("next free too far ahead: %v", err)
	}
	first := d.book(d.ada, at(d.in(day)))
	far := at(d.in(2 * day))
	if _, err := d.Edit(t.Context(), d.ada, first.ID, booking.Edit{Version: first.Version, Move: &far}); !errors.As(err, &input) {
		t.Errorf("moved too far ahead: %v", err)
	}
	second := d.book(d.ada, next(0))
	var tooMany *fault.Error
	if _, err := d.Book(t.Context(), d.ada, request(next(0))); !errors.As(err, &tooMany) || tooMany.Reason != fault.TooManyBookings ||
		tooMany.Metadata["limit"] != "2" {
		t.Errorf("a third: %v", err)
	}
	d.book(d.bob, next(0))
	if _, err := d.Cancel(t.Context(), d.ada, second.ID, 0); err != nil {
		t.Fatal(err)
	}
	d.book(d.ada, next(0))
	for range 3 { // an administrator has no limits
		d.book(d.root, at(d.in(3*day)))
		d.now.Add(2 * day)
	}
}

func TestTrail(t *testing.T) {
	d := open(t, t.TempDir())
	j := d.book(d.ada, at(d.in(5000)))
	secret, later := a("secret fox"), at(j.Start+10_000)
	edited, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{
		Version: j.Version,
		Inputs:  secret,
		Reset:   []string{"seed"},
		Move:    &later,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Edit(t.Context(), d.bob, j.ID, booking.Edit{Version: edited.Version, Inputs: secret}); err == nil {
		t.Fatal("edited by another user")
	}
	for range 2 { // asking again is no deed
		if _, err := d.Cancel(t.Context(), d.root, j.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
	events, err := d.store.Events(t.Context(), audit.Query{JobID: j.ID, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		user   string
		action audit.Action
		detail string
	}{
		{"Root", audit.Cancel, "Ada's job; it was scheduled"},
		{"Ada", audit.Update, "prompt, seed as at first, slot, to 1970-01-01 00:16:55.000 UTC"},
		{"Ada", audit.Book, "at 1970-01-01 00:16:45.000 UTC"},
	}
	if len(events) != len(want) {
		t.Fatalf("%d events: %+v", len(events), events)
	}
	for i, w := range want {
		if e := events[i]; e.UserName != w.user || e.Action != w.action || e.Detail != w.detail || e.Address != "192.0.2.7" || e.At != d.in(0) {
			t.Errorf("event %+v, want %+v", e, w)
		}
	}
}
