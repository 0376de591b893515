package learned_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
)

func TestFigures(t *testing.T) {
	points := []learned.Point{
		{Expected: 1000, Slot: 1100, Actual: 1000},
		{Expected: 1200, Slot: 1250, Actual: 1000},
		{Expected: 900, Slot: 950, Actual: 1000},
		{Expected: 1050, Slot: 1300, Actual: 1000},
	}
	want := learned.Figures{Bias: 0, ErrorP50: .05, ErrorP90: .2, Coverage: .75, SlotRatio: 1.1}
	if diff := cmp.Diff(want, learned.FiguresOf(points), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if got := learned.FiguresOf(nil); got != (learned.Figures{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

// What is told is bounded, is the latest, outlives a restart, and is by workflow, whatever its graph was.
func TestReports(t *testing.T) {
	r := newRig(t, margin)
	for range 120 {
		r.job("one", "fox", of(20, 1024), 1, false)
	}
	r.job("two", "fox", of(20, 1024), 1, false)
	r.job("one", "owl", of(20, 1024), 1, false)
	r.offers["fox"] = offer(t, "fox", "fox2.safetensors")
	r.job("one", "fox", of(20, 1024), 1, false)
	r.written()
	r.start()
	type row struct {
		worker, workflow string
		jobs, recent     int
	}
	rows := func(worker, workflow string) (all []row) {
		for _, report := range r.Reports(worker, workflow) {
			all = append(all, row{report.Worker, report.Workflow, report.Jobs, len(report.Recent)})
		}
		return all
	}
	all := []row{{"one", "fox", 121, 100}, {"two", "fox", 1, 1}, {"one", "owl", 1, 1}}
	if diff := cmp.Diff(all, rows("", ""), cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(all[1:2], rows("two", "fox"), cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
}
