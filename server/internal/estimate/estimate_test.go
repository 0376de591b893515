package estimate_test

import (
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
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

// Without a margin that somebody has set, one makes up for what is not known yet, and nothing for what is.
func TestTheBoundOfASlot(t *testing.T) {
	unset, set := estimate.Rules{Margin: 0.1}, estimate.Rules{Margin: 0.5, Explicit: true}
	for _, tc := range []struct {
		rules           estimate.Rules
		expected, bound int64
		certain         bool
		want            int64
	}{
		{unset, 10_000, 10_000, false, 11_000},
		{unset, 10_000, 14_000, false, 14_000},
		{unset, 10_000, 10_400, true, 10_400},
		{unset, 10_000, 9000, true, 10_000},
		{set, 10_000, 12_000, true, 17_000},
		{set, 10_000, 12_000, false, 17_000},
		{estimate.Rules{Explicit: true}, 10_000, 10_400, false, 10_400},
	} {
		if got := tc.rules.Bound(tc.expected, tc.bound, tc.certain); got != tc.want {
			t.Errorf("%+v with %+v: %d", tc, tc.rules, got)
		}
	}
}
