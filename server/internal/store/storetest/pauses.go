package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func pauses(t *testing.T, s *suite) {
	user := s.user()
	s.insert(booking(user, "gpu", 1000, 500))
	inside := booking(user, "gpu", 2050, 10)
	s.insert(inside)
	p := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(1500, 100), Reason: "expo", UserID: user.ID, UserName: user.Name}
	put := func(p schedule.Pause) error {
		return s.try(func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, p) })
	}
	for _, start := range []int64{1501, 2000} { // the second replaces the first
		p.Slot = schedule.NewSlot(start, 100)
		if err := put(p); err != nil {
			t.Fatal(err)
		}
	}
	refused := errors.New("changed my mind")
	_, _ = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_ = tx.DropPause(ctx, "gpu")
		return refused
	})
	_ = s.Close()
	s.Store = s.open(t, s.folder)
	if got, _, err := s.Pause(t.Context(), "gpu"); got != p || err != nil {
		t.Errorf("pause %+v, want %+v", got, p)
	}
	moved := inside
	moved.Move(2011)
	for name, change := range map[string]func(context.Context, store.Tx) error{
		"a booking that touches it": func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, booking(user, "gpu", 2100, 50)) },
		"a booking moved inside it": func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, moved) },
		"a booking moved there from here": func(ctx context.Context, tx store.Tx) error {
			moved.Worker = "other"
			_ = tx.UpdateJob(ctx, moved)
			moved.Worker = "gpu"
			return tx.UpdateJob(ctx, moved)
		},
	} {
		if _, err := s.Update(t.Context(), change); !errors.Is(err, store.ErrOverlap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	inside.Edited()
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, inside) }) // it keeps its slot
	s.update(func(ctx context.Context, tx store.Tx) error {
		if id, _, _ := tx.Blocking(ctx, "gpu", schedule.NewSlot(2050, 1), ""); id != store.PauseID {
			t.Errorf("%q is in the way", id)
		}
		if next, _ := tx.NextFree(ctx, "gpu", 1990, 50, ""); next != 2101 {
			t.Errorf("next free at %d", next)
		}
		if within, _ := tx.Within(ctx, "gpu", p.Slot, 0); len(within) != 1 || within[0] != (schedule.Booking{
			ID:   inside.ID,
			Slot: inside.Slot(),
		}) {
			t.Errorf("within are %v", within)
		}
		return tx.DropPause(ctx, "gpu")
	})
	s.insert(booking(user, "gpu", 2100, 50))
}
