package estimate_test

import (
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestSlotDuration(t *testing.T) {
	for _, tc := range []struct {
		margin         float64
		expected, want int64
	}{{0.1, 10_000, 11_000}, {0.1, 1000, 1250}, {0, 1000, 1000}, {0.5, 3000, 4500}} {
		if got := (estimate.Rules{Margin: tc.margin}).Slot(tc.expected); got != tc.want {
			t.Errorf("a slot for %d with margin %g is %d, want %d", tc.expected, tc.margin, got, tc.want)
		}
	}
}

func TestSilenceGrowsWithTheExpectedLength(t *testing.T) {
	rules := estimate.Rules{SilenceFactor: 10, SilenceMin: time.Minute}
	if short, long := rules.Silence(1000), rules.Silence(60_000); short != time.Minute || long != 10*time.Minute {
		t.Errorf("a short run may be silent for %v, a long one for %v", short, long)
	}
}

func measured(expected, slot int64) estimate.Length {
	return estimate.Length{Expected: expected, Slot: slot, Basis: estimate.Measured}
}

func TestBenchmarksKnowEachWorkflowOnEachWorker(t *testing.T) {
	b := estimate.NewBenchmarks(estimate.Rules{Margin: 0.1})
	if _, known := b.Estimate("one", "fox", workflow.Values{}); known {
		t.Error("something is known before anything was measured")
	}
	b.Measured("one", "fox", 9000)
	b.Measured("two", "fox", 20_000)
	if got := b.Measured("one", "fox", 10_000); got != (estimate.Estimate{Workflow: "fox", BenchmarkMS: 10_000, SlotDurationMS: 11_000}) {
		t.Errorf("measured: %+v", got)
	}
	if got, known := b.Estimate("one", "fox", workflow.Values{}); !known || got != measured(10_000, 11_000) {
		t.Errorf("the fox on one: %+v (%v)", got, known)
	}
	if got, known := b.Estimate("two", "fox", workflow.Values{}); !known || got != measured(20_000, 22_000) {
		t.Errorf("the fox on two: %+v (%v)", got, known)
	}
	for _, c := range []struct {
		worker, workflow string
		expected         int64
	}{
		{"one", "owl", 10_000},   // the longest there
		{"three", "fox", 20_000}, // the longest elsewhere
		{"three", "owl", 20_000},
	} {
		if c.worker == "three" {
			b.Up(c.worker)
		}
		if got, known := b.Estimate(c.worker, c.workflow, nil); !known || got.Expected != c.expected || got.Basis != estimate.Guess {
			t.Errorf("a guess for the %s on %s: %+v (%v)", c.workflow, c.worker, got, known)
		}
	}
	if _, known := b.Estimate("four", "fox", nil); known {
		t.Error("something is known of a worker that never was up")
	}
	b.Doubt("one", "fox")
	if got, _ := b.Estimate("one", "fox", nil); got.Expected != 10_000 || got.Basis != estimate.Guess {
		t.Errorf("after an edit: %+v", got)
	}
	b.Measured("one", "fox", 11_000)
	if got, _ := b.Estimate("one", "fox", nil); got.Basis == estimate.Guess {
		t.Errorf("measured again: %+v", got)
	}
	empty := estimate.NewBenchmarks(estimate.Rules{})
	empty.Up("one")
	if got, known := empty.Estimate("one", "fox", nil); !known || got.Basis != estimate.Guess || got.Expected != 60_000 {
		t.Errorf("with nothing measured: %+v (%v)", got, known)
	}
}
