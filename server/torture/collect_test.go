//go:build linux

package torture_test

import (
	"path/filepath"
	"slices"
	"testing"
)

// evidence collects what is left when everything has stopped.
func (s *site) evidence(t *testing.T) evidence {
	t.Helper()
	h := s.history
	e := evidence{
		Calls:     h.calls,
		Sightings: h.sightings,
		Lifetimes: h.lifetimes,
		Answered:  s.answered,
		Skew:      h.skew,
		Voids:     h.voids,
		Beside:    h.beside,
		Outside:   h.blows(interruptedOutside),
		Cleared:   h.blows(historyCleared),
		Frozen:    h.blows("comfyui SIGSTOP"),
	}
	last, err := readEpochs(filepath.Join(s.Data(), "bookings.db"))
	if err != nil {
		t.Error(err)
	}
	e.Epochs = slices.Compact(slices.Sorted(slices.Values(slices.Concat([]string{""}, h.epochs, last))))
	if e.Kept, e.Requests, err = readDatabase(filepath.Join(s.Data(), "bookings.db")); err != nil {
		t.Error(err)
	}
	e.Files = map[string]int64{}
	for i, l := range s.lanes {
		runs, err := readRuns(l.runs, l.id)
		if err != nil {
			t.Error(err)
		}
		e.Runs = append(e.Runs, runs...)
		prefix := ""
		if i > 0 { // so are the results of workers called that are not the first
			prefix = l.id + "/"
		}
		if err := readFiles(l.output, prefix, e.Files); err != nil {
			t.Error(err)
		}
	}
	return e
}
