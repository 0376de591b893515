package comfy_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

func outcomes(results []*result) []comfy.Outcome {
	var list []comfy.Outcome
	for _, r := range results {
		list = append(list, r.outcome)
	}
	return list
}

// TestLostFramesChangeNoOutcome is the promise of Wait: whatever frames are lost, and however late the history
// comes, the outcomes are those of an undisturbed run.
func TestLostFramesChangeNoOutcome(t *testing.T) {
	undisturbed := make(map[play][]comfy.Outcome)
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(plays).Draw(rt, "recording")
		records := p.records(t)
		if undisturbed[p] == nil {
			undisturbed[p] = outcomes(perform(t, records, p.client, nil))
		}
		share := rapid.SampledFrom([]int{5, 50, 95}).Draw(rt, "percent lost")
		lost := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) bool {
			return rapid.IntRange(0, 99).Draw(rt, "chance") < share
		}), len(records), len(records)).Draw(rt, "lost")
		lag := time.Duration(rapid.IntRange(0, 400).Draw(rt, "history lag ms")) * time.Millisecond
		got := outcomes(perform(t, records, p.client, func(s *stage) {
			s.lost = func(i int) bool { return lost[i] }
			s.lag = lag
		}))
		if !reflect.DeepEqual(got, undisturbed[p]) {
			rt.Fatalf("got  %+v\nwant %+v", got, undisturbed[p])
		}
	})
}

// TestKindsOfLoss names the losses that matter most.
func TestKindsOfLoss(t *testing.T) {
	frames := func(types ...string) func(records []record) func(int) bool {
		return func(records []record) func(int) bool {
			return func(i int) bool { return slices.Contains(types, records[i].text().Type) }
		}
	}
	kinds := map[string]func([]record) func(int) bool{
		"all":     func([]record) func(int) bool { return func(int) bool { return true } },
		"end":     frames("executing"),
		"closing": frames("execution_success", "execution_error", "execution_interrupted"),
		"both":    frames("executing", "execution_success", "execution_error", "execution_interrupted"),
		"only the end arrives": func(records []record) func(int) bool {
			return func(i int) bool { return records[i].text().Type != "executing" }
		},
	}
	for _, p := range plays {
		records := p.records(t)
		want := outcomes(perform(t, records, p.client, nil))
		if len(want) == 0 {
			t.Fatalf("recording %s: no runs", p.recording)
		}
		for name, kind := range kinds {
			got := outcomes(perform(t, records, p.client, func(s *stage) { s.lost = kind(records) }))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("recording %s as %s, lost %s:\ngot  %+v\nwant %+v", p.recording, p.client, name, got, want)
			}
		}
	}
}
