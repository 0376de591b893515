//go:build linux

package torture_test

import (
	"maps"
	"slices"
	"testing"
)

// reportWorkers says how much each of several workers had to do with it.
func reportWorkers(t *testing.T, on []*lane, h *history, e evidence) {
	t.Helper()
	if *workers == 1 {
		return
	}
	runs, aimed, attempts := map[string]int{}, map[string]int{}, map[string]map[string]bool{}
	for _, l := range on {
		runs[l.id] = 0
	}
	for _, r := range e.Runs {
		if r.Event == "start" {
			runs[r.Worker]++
		}
	}
	for _, i := range h.incidents {
		if i.What == "aimed at one worker" {
			aimed[i.Text]++
		}
		if i.What == "aimed at all workers" {
			aimed["all"]++
		}
	}
	stations := func(seen job) {
		if attempts[seen.ID] == nil {
			attempts[seen.ID] = map[string]bool{}
		}
		attempts[seen.ID][seen.Worker] = true
	}
	named := 0
	for _, r := range e.Kept {
		stations(r.job)
		if r.Pinned {
			named++
		}
	}
	for _, s := range e.Sightings {
		for _, seen := range s.Jobs {
			stations(seen)
		}
	}
	changed := 0
	for _, there := range attempts {
		if len(there) > 1 {
			changed++
		}
	}
	t.Logf("runs by worker %v; blows by worker %v; jobs whose worker was named %d, that changed workers %d", runs, aimed, named, changed)
	if slices.Contains(slices.Collect(maps.Values(runs)), 0) || changed == 0 {
		t.Error("nothing is proved of several workers: one has run nothing, or no job has changed workers")
	}
}
