package space_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/space"
)

// disk is a store of which only the errors of its writes matter.
type disk struct {
	store.Store
	err    error
	writes int
}

func (d *disk) Update(context.Context, func(context.Context, store.Tx) error) (store.Revision, error) {
	d.writes++
	return store.Revision{}, d.err
}

func TestAFullDiskIsNoticedAndTriedAgain(t *testing.T) {
	d := &disk{}
	s := space.Watch(d, slog.New(slog.DiscardHandler))
	write := func(err error) {
		t.Helper()
		d.err = err
		if _, got := s.Update(t.Context(), nil); !errors.Is(got, err) {
			t.Fatalf("a write that fails with %v gives %v", err, got)
		}
	}
	write(nil)
	write(errors.New("the booking is refused"))
	if d.writes = 0; s.IsFull() || !s.HasSpace() || d.writes != 0 {
		t.Errorf("full: %v, and %d writes to find out, though nothing said so", s.IsFull(), d.writes)
	}
	write(fmt.Errorf("%w: 28", store.ErrFull))
	if !s.IsFull() || s.HasSpace() {
		t.Error("a full disk goes unnoticed")
	}
	d.err = nil
	if !s.HasSpace() || s.IsFull() {
		t.Error("space goes unnoticed")
	}
}
