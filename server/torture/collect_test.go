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
		Outside:   h.moments(interruptedOutside),
		Cleared:   h.moments(historyCleared),
		Frozen:    h.moments("comfyui SIGSTOP"),
	}
	last, err := readEpochs(filepath.Join(s.Data(), "bookings.db"))
	if err != nil {
		t.Error(err)
	}
	e.Epochs = slices.Compact(slices.Sorted(slices.Values(slices.Concat([]string{""}, h.epochs, last))))
	if e.Kept, e.Requests, err = readDatabase(filepath.Join(s.Data(), "bookings.db")); err != nil {
		t.Error(err)
	}
	if e.Runs, err = readRuns(s.runs); err != nil {
		t.Error(err)
	}
	if e.Files, err = readFiles(s.output); err != nil {
		t.Error(err)
	}
	return e
}
