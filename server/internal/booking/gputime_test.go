package booking_test

import (
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// limited opens a desk whose jobs take as long as their pictures are wide, at noon, with limits.
func limited(t *testing.T, l account.Limits) *desk {
	d, _ := openByWidth(t)
	d.now.Store(time.Date(2026, time.March, 3, 12, 0, 0, 0, time.Local).UnixMilli())
	c := d.Config
	c.Limits = l
	d.Service = booking.New(c)
	return d
}

// wide asks for a picture that takes so long.
func wide(w int, when booking.When) booking.Request {
	inputs := width(w)
	inputs["prompt"] = workflow.Text("a fox")
	return booking.Request{When: when, Inputs: inputs}
}

// wantTooMuch demands the limit that refused something, and the figure.
func wantTooMuch(t *testing.T, err error, limit, wouldBe string) {
	t.Helper()
	refused, _ := fault.Of(err)
	if refused == nil || refused.Reason != fault.TooMuchTime || refused.Metadata["limit"] != limit ||
		refused.Metadata["would_be_ms"] != wouldBe {
		t.Errorf("refused by %+v, want %s at %s", err, limit, wouldBe)
	}
}

func TestASlotMayBeSoLong(t *testing.T) {
	d := limited(t, account.Limits{MaxSlot: 512})
	_, err := d.Book(t.Context(), d.ada, wide(528, next(0)))
	wantTooMuch(t, err, "max_slot", "528")
	if _, err := d.Book(t.Context(), d.root, wide(528, next(0))); err != nil {
		t.Errorf("of an administrator: %v", err)
	}
	j := d.book(d.ada, next(0))
	_, err = d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: width(528)})
	wantTooMuch(t, err, "max_slot", "528")
	if edited, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: width(64)}); err != nil {
		t.Errorf("made shorter: %+v (%v)", edited, err)
	}
}

func TestOpenBookingsMayTakeSoLong(t *testing.T) {
	d := limited(t, account.Limits{OpenTime: 1024})
	first, second := d.book(d.ada, next(0)), d.book(d.ada, next(0))
	_, err := d.Book(t.Context(), d.ada, wide(16, next(0)))
	wantTooMuch(t, err, "open_minutes", "1040")
	d.book(d.bob, next(0))
	move := at(d.in(50_000))
	if _, err := d.Edit(t.Context(), d.ada, first.ID, booking.Edit{Version: first.Version, Move: &move}); err != nil {
		t.Errorf("moved: %v", err)
	}
	if _, err := d.Cancel(t.Context(), d.ada, second.ID, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Book(t.Context(), d.ada, wide(16, next(0))); err != nil {
		t.Errorf("after one was cancelled: %v", err)
	}
}

// A day is that of the service's zone, from midnight to midnight, and counts what starts on it.
func TestADayMayTakeSoLong(t *testing.T) {
	d := limited(t, account.Limits{DayTime: 1024})
	midnight := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.Local).UnixMilli()
	d.book(d.ada, at(midnight-1))
	today := d.book(d.ada, next(0))
	_, err := d.Book(t.Context(), d.ada, wide(16, next(0)))
	wantTooMuch(t, err, "minutes_per_day", "1040")
	tomorrow := d.book(d.ada, at(midnight+600))
	d.book(d.ada, at(midnight+5000))
	into := at(midnight + 9000)
	_, err = d.Edit(t.Context(), d.ada, today.ID, booking.Edit{Version: today.Version, Move: &into})
	wantTooMuch(t, err, "minutes_per_day", "1536")
	within := at(midnight + 7000)
	if _, err := d.Edit(t.Context(), d.ada, tomorrow.ID, booking.Edit{Version: tomorrow.Version, Move: &within}); err != nil {
		t.Errorf("moved within its day: %v", err)
	}
}

// A check tells how much time there would be, and what refuses it, beside the place.
func TestChecksTellTheTime(t *testing.T) {
	d := limited(t, account.Limits{OpenTime: 1024})
	d.book(d.ada, next(0))
	q, problems, err := d.Check(t.Context(), d.ada, wide(512, next(0)))
	if err != nil || len(problems) != 0 || q.Use != (booking.Use{Open: 1024, Day: 1024}) {
		t.Errorf("as much as there may be: %+v %v (%v)", q, problems, err)
	}
	q, problems, err = d.Check(t.Context(), d.ada, wide(528, next(0)))
	if err != nil || len(problems) != 1 || q.Worker == "" || q.Use != (booking.Use{Open: 1040, Day: 1040}) {
		t.Fatalf("more: %+v %v (%v)", q, problems, err)
	}
	wantTooMuch(t, problems[0], "open_minutes", "1040")
}
