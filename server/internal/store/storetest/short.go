package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Shortage makes a store run short of something that it needs for keeping what is written.
type Shortage struct {
	Name  string
	Error error // what updates fail with meanwhile: store.ErrFull or store.ErrUnavailable
	Begin func()
	End   func()
}

// RunShort holds a store, which open makes empty in a folder or opens there again, to what is promised for shortages: an
// update fails with the error of the shortage and leaves nothing, in memory neither; what was kept before can be read; and
// it works again when the shortage is over.
func RunShort(t *testing.T, open func(t *testing.T, folder string) store.Store, shortages ...Shortage) {
	for _, short := range shortages {
		t.Run(short.Name, func(t *testing.T) {
			s := &suite{T: t, folder: t.TempDir(), open: open}
			s.Store = open(t, s.folder)
			t.Cleanup(func() { _ = s.Close() })
			user := s.user()
			before, refused := booking(user, "gpu", 1000, 500), booking(user, "gpu", 2000, 500)
			s.insert(before)
			kept := s.at()
			short.Begin()
			t.Cleanup(short.End)
			insert := func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, refused) }
			for range 2 {
				if err := s.try(insert); !errors.Is(err, short.Error) {
					t.Errorf("an update meanwhile: %v, want %v", err, short.Error)
				}
			}
			s.holds(before.ID, refused.ID, kept)
			short.End()
			s.holds(before.ID, refused.ID, kept)
			s.again()
			s.holds(before.ID, refused.ID, kept)
			s.insert(refused) // its slot is free
			if got := s.since(kept); len(got) != 1 || got[0].After != kept {
				t.Errorf("changes since: %+v", got)
			}
		})
	}
}

// holds says when a job is not there, another one is, or the log has gone on.
func (s *suite) holds(there, absent string, at store.Revision) {
	s.Helper()
	if _, err := s.Store.Job(s.Context(), there); err != nil {
		s.Errorf("what was kept before: %v", err)
	}
	if _, err := s.Store.Job(s.Context(), absent); !errors.Is(err, store.ErrNotFound) {
		s.Errorf("what was refused: %v", err)
	}
	if got := s.at(); got != at {
		s.Errorf("the log stands at %v, want %v", got, at)
	}
}
