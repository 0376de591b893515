package booking_test

import (
	"sync/atomic"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// byWidth estimates as many milliseconds as a picture is wide, times a factor.
type byWidth struct{ factor *atomic.Int64 }

// Estimate implements estimate.Estimator.
func (b byWidth) Estimate(_, _ string, inputs workflow.Values) (estimate.Length, bool) {
	width, _ := inputs["width"].(workflow.Integer)
	slot := int64(width) * b.factor.Load()
	return estimate.Length{Expected: slot / 2, Slot: slot, Basis: estimate.Learned}, true
}

// openByWidth opens a desk whose jobs take as long as their pictures are wide, times what is returned.
func openByWidth(t *testing.T) (*desk, *atomic.Int64) {
	d, factor := open(t, t.TempDir()), &atomic.Int64{}
	factor.Store(1)
	c := d.Config
	c.Estimator = byWidth{factor}
	d.Service = booking.New(c)
	return d, factor
}

func width(w int) workflow.Values { return workflow.Values{"width": workflow.Integer(w)} }

func TestAnEditMakesTheSlotAsLongAsTheValuesNeed(t *testing.T) {
	d, _ := openByWidth(t)
	j, after := d.book(d.ada, at(d.in(5000))), d.book(d.bob, at(d.in(6000)))
	if j.Duration != 512 {
		t.Fatalf("booked for %d", j.Duration)
	}
	longer, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: width(992)})
	if err != nil || longer.Start != j.Start || longer.Duration != 992 || longer.Estimate != 496 || longer.Basis != estimate.Learned {
		t.Fatalf("made longer: %+v (%v)", longer.Job, err)
	}
	tooLong := booking.Edit{Version: longer.Version, Inputs: width(1024)}
	_, err = d.Edit(t.Context(), d.ada, j.ID, tooLong)
	c := conflict(t, err)
	if c.JobID != after.ID || c.NextFree != after.Slot().End+1 {
		t.Errorf("conflict: %+v", c)
	}
	kept, err := d.store.Job(t.Context(), j.ID)
	if err != nil || kept.Version != longer.Version || kept.Inputs["width"] != workflow.Integer(992) {
		t.Errorf("refused, and changed: %+v (%v)", kept, err)
	}
	offered := at(c.NextFree)
	tooLong.Move = &offered
	moved, err := d.Edit(t.Context(), d.ada, j.ID, tooLong)
	if err != nil || moved.Start != c.NextFree || moved.Duration != 1024 || moved.Sooner {
		t.Errorf("taken as offered: %+v (%v)", moved.Job, err)
	}
	shorter, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: moved.Version, Inputs: width(64), Move: &offered})
	if err != nil || shorter.Start != c.NextFree || shorter.Duration != 64 {
		t.Errorf("made shorter where it is: %+v (%v)", shorter.Job, err)
	}
}

// What was booked holds while nothing that matters changes, whatever was learned since; another place is measured anew.
func TestWhatIsLearnedChangesNoSlotThatStays(t *testing.T) {
	d, factor := openByWidth(t)
	j := d.book(d.ada, at(d.in(5000)))
	d.book(d.bob, at(j.Slot().End+1))
	factor.Store(2)
	edited, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: a("hare")})
	if err != nil || edited.Duration != j.Duration {
		t.Fatalf("with another prompt: %+v (%v)", edited.Job, err)
	}
	for _, to := range []booking.When{at(d.in(9000)), next(d.in(20_000))} {
		moved, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: edited.Version, Move: &to})
		if err != nil || moved.Duration != 2*j.Duration {
			t.Fatalf("moved: %+v (%v)", moved.Job, err)
		}
		edited = moved
	}
}

// A longer job whose worker nobody named is offered the next free start of any.
func TestALongerJobIsOfferedAStartElsewhere(t *testing.T) {
	d := openTwo(t)
	factor := &atomic.Int64{}
	factor.Store(1)
	c := d.Config
	c.Estimator = byWidth{factor}
	d.Service = booking.New(c)
	j := d.book(d.ada, at(d.in(5000)))
	blocker := request(at(j.Slot().End + 1))
	blocker.Worker = j.Worker
	if _, err := d.Book(t.Context(), d.bob, blocker); err != nil {
		t.Fatal(err)
	}
	_, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: width(1024)})
	if c := conflict(t, err); c.NextFreeWorker == j.Worker || c.NextFree != j.Start {
		t.Errorf("offered %d on %s", c.NextFree-j.Start, c.NextFreeWorker)
	}
}

func TestCheckOfAnEdit(t *testing.T) {
	d, _ := openByWidth(t)
	j, after := d.book(d.ada, at(d.in(5000))), d.book(d.bob, at(d.in(6000)))
	check := booking.Request{JobID: j.ID, When: at(j.Start), Inputs: width(992)}
	q, problems, err := d.Check(t.Context(), d.ada, check)
	if err != nil || len(problems) > 0 || q.Slot.Start != j.Start || q.Duration != 992 || q.Expected != 496 || q.Basis != estimate.Learned {
		t.Errorf("fits: %+v %v (%v)", q, problems, err)
	}
	check.Inputs = workflow.Values{"width": workflow.Integer(1024), "hight": workflow.Integer(1)}
	if _, problems, err = d.Check(t.Context(), d.ada, check); err != nil || len(problems) != 1 || problems[0].Reason != fault.InvalidFields {
		t.Errorf("with bad values: %v (%v)", problems, err)
	}
	check.Inputs = width(1024)
	if q, problems, err = d.Check(t.Context(), d.ada, check); err != nil || len(problems) != 1 || q.Worker != "" || q.Duration != 1024 {
		t.Fatalf("does not fit: %+v %v (%v)", q, problems, err)
	}
	if c := conflict(t, problems[0]); c.NextFree != after.Slot().End+1 {
		t.Errorf("conflict: %+v", c)
	}
	if _, _, err := d.Check(t.Context(), d.bob, check); !fault.Is(err, fault.NotOwner) {
		t.Errorf("by another user: %v", err)
	}
	if kept, err := d.store.Job(t.Context(), j.ID); err != nil || kept.Version != j.Version || kept.Duration != 512 {
		t.Errorf("checked, and changed: %+v (%v)", kept, err)
	}
}
