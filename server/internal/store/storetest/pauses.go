package storetest

import (
	"errors"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func pauses(t *testing.T, s *suite) {
	_ = s.Close()
	s.folder = t.TempDir()
	s.Store = s.open(t, s.folder)
	var told []schedule.Pause
	s.OnCommit(func(w store.Written) { told = append(told, w.Pauses...) })
	user := s.user()
	s.insert(booking(user, "gpu", 1000, 500))
	inside := booking(user, "gpu", 2050, 10)
	s.insert(inside)
	p := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(1500, 100), Reason: "expo", UserID: user.ID, UserName: user.Name}
	put := func(p schedule.Pause) error {
		return s.Update(t.Context(), func(tx store.Tx) error { return tx.PutPause(p) })
	}
	for _, start := range []int64{1501, 2000} { // the second replaces the first
		p.Slot = schedule.NewSlot(start, 100)
		if err := put(p); err != nil {
			t.Fatal(err)
		}
	}
	refused := errors.New("changed my mind")
	_ = s.Update(t.Context(), func(tx store.Tx) error {
		_ = tx.DropPause("gpu")
		return refused
	})
	_ = s.Close()
	s.Store = s.open(t, s.folder)
	if got, _ := s.Pause("gpu"); got != p {
		t.Errorf("pause %+v, want %+v", got, p)
	}
	moved := inside
	moved.Move(2011)
	for name, change := range map[string]func(store.Tx) error{
		"a booking that touches it": func(tx store.Tx) error { return tx.InsertJob(booking(user, "gpu", 2100, 50)) },
		"a booking moved inside it": func(tx store.Tx) error { return tx.UpdateJob(moved) },
		"a booking moved there from here": func(tx store.Tx) error {
			moved.Worker = "other"
			_ = tx.UpdateJob(moved)
			moved.Worker = "gpu"
			return tx.UpdateJob(moved)
		},
	} {
		if err := s.Update(t.Context(), change); !errors.Is(err, store.ErrOverlap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	inside.Edited()
	s.update(func(tx store.Tx) error { return tx.UpdateJob(inside) }) // it keeps its slot
	s.update(func(tx store.Tx) error {
		if id, _ := tx.Blocking("gpu", schedule.NewSlot(2050, 1), ""); id != store.PauseID {
			t.Errorf("%q is in the way", id)
		}
		if next := tx.NextFree("gpu", 1990, 50, ""); next != 2101 {
			t.Errorf("next free at %d", next)
		}
		if within := tx.Within("gpu", p.Slot, 0); len(within) != 1 || within[0] != (schedule.Booking{ID: inside.ID, Slot: inside.Slot()}) {
			t.Errorf("within are %v", within)
		}
		return tx.DropPause("gpu")
	})
	s.insert(booking(user, "gpu", 2100, 50))
	if n := len(told); n != 3 || told[n-1] != p || told[1].Slot.End >= told[1].Slot.Start {
		t.Errorf("told of %+v", told)
	}
}
