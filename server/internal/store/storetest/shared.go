package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// RunShared holds two handles that are open at the same time on one store against the contract, as two servers would have
// them on one database. open is as for Run, and may be called for a folder that is open already.
func RunShared(t *testing.T, open func(t *testing.T, folder string) store.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, a, b *suite)
	}{
		{"each sees the changes of the other, in order", seenByBoth},
		{"what was acknowledged is read by the other", readByBoth},
		{"of many for one slot on both one wins", oneWinsOfBoth},
		{"pauses and ends of one hold for the other", heldByBoth},
		{"whoever waits is woken by the other", wokenByBoth},
		{"an epoch begins for both", epochOfBoth},
	} {
		t.Run("shared: "+test.name, func(t *testing.T) {
			folder := t.TempDir()
			handle := func() *suite {
				s := &suite{T: t, Store: open(t, folder), folder: folder, open: open}
				t.Cleanup(func() { _ = s.Close() })
				return s
			}
			test.run(t, handle(), handle())
		})
	}
}

// seenByBoth: both write at the same time, and read one log, without a gap.
func seenByBoth(t *testing.T, a, b *suite) {
	user, start := a.user(), a.at()
	var group sync.WaitGroup
	for n, s := range []*suite{a, b} {
		for i := range 20 {
			group.Go(func() {
				j := booking(user, fmt.Sprint("gpu", n), int64(i)*100, 50)
				if err := s.try(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) }); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	ofA, ofB := a.since(start), b.since(start)
	if diff := cmp.Diff(ofA, ofB); diff != "" {
		t.Error(diff)
	}
	if at := b.at(); at.Number != start.Number+40 || ofB[len(ofB)-1].Revision != at {
		t.Errorf("after 40 updates at %v, begun at %v", at, start)
	}
}

// readByBoth: an answer is read on the other handle at once, whatever it is about.
func readByBoth(t *testing.T, a, b *suite) {
	user := a.user()
	if _, err := b.User(t.Context(), user.ID); err != nil {
		t.Error(err)
	}
	for i := range 10 {
		from, to := a, b
		if i%2 == 1 {
			from, to = b, a
		}
		j := booking(user, "gpu", int64(i)*100, 50)
		at, err := from.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return errors.Join(tx.InsertJob(ctx, j), tx.InsertEvent(ctx, audit.Event{
				UserID:  user.ID,
				JobID:   j.ID,
				Request: audit.Request{ID: j.ID, Hash: []byte("h")},
			}))
		})
		if err != nil {
			t.Fatal(err)
		}
		if newest := to.at(); newest != at {
			t.Errorf("written at %v, the other is at %v", at, newest)
		}
		if diff := cmp.Diff(j, to.job(j.ID)); diff != "" {
			t.Error(diff)
		}
		to.update(func(ctx context.Context, tx store.Tx) error {
			id, _, err := tx.Request(ctx, user.ID, j.ID)
			if id != j.ID || err != nil {
				t.Errorf("the request is of %q (%v)", id, err)
			}
			return nil
		})
	}
	token := account.Token{ID: uuid.NewString(), UserID: user.ID, Hash: [32]byte{7}}
	a.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertToken(ctx, token) })
	b.update(func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, user.ID, token.ID, 1) })
	if _, _, err := a.UserByToken(t.Context(), token.Hash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked by the other: %v", err)
	}
}

func oneWinsOfBoth(t *testing.T, a, b *suite) {
	user, taken := a.user(), errors.New("taken")
	var won, lost int
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range 50 {
		s := []*suite{a, b}[i%2]
		group.Go(func() {
			j := booking(user, "gpu", 1000, 500)
			err := s.try(func(ctx context.Context, tx store.Tx) error {
				if _, found, err := tx.Blocking(ctx, "gpu", j.Slot(), ""); err != nil || found {
					return errors.Join(err, taken)
				}
				return tx.InsertJob(ctx, j)
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, taken):
				lost++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 || lost != 49 {
		t.Errorf("%d won, %d lost", won, lost)
	}
}

// heldByBoth: the timelines of a handle follow what the other has moved, ended and paused.
func heldByBoth(t *testing.T, a, b *suite) {
	user := a.user()
	first, second := booking(user, "gpu", 1000, 500), booking(user, "gpu", 3000, 500)
	a.insert(first)
	b.insert(second)
	a.update(func(ctx context.Context, tx store.Tx) error { // they change places
		first.Move(8000)
		if err := tx.UpdateJob(ctx, first); err != nil {
			return err
		}
		second.Move(1000)
		if err := tx.UpdateJob(ctx, second); err != nil {
			return err
		}
		first.Move(3000)
		return tx.UpdateJob(ctx, first)
	})
	pause := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(5000, 100), UserID: user.ID, UserName: user.Name}
	b.update(func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) })
	for _, s := range []*suite{a, b} {
		gaps, err := s.FreeSlots(t.Context(), "gpu", 0, 100, 10)
		want := []schedule.Gap{{First: 0, Last: 899}, {First: 1501, Last: 2899}, {First: 3501, Last: 4899}, {First: 5101, Open: true}}
		if diff := cmp.Diff(want, gaps); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if err := s.try(func(ctx context.Context, tx store.Tx) error {
			return tx.InsertJob(ctx,
				booking(user, "gpu", 5050, 10))
		}); !errors.Is(err, store.ErrOverlap) {
			t.Errorf("booked in the pause: %v", err)
		}
	}
	if err := first.Cancel(1); err != nil {
		t.Fatal(err)
	}
	b.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.UpdateJob(ctx, first), tx.DropPause(ctx, "gpu"))
	})
	a.insert(booking(user, "gpu", 3000, 500), booking(user, "gpu", 5050, 10))
}

func wokenByBoth(t *testing.T, a, b *suite) {
	at := b.at()
	woken := make(chan error, 1)
	go func() { woken <- b.Wait(t.Context(), at) }()
	a.user()
	if err := <-woken; err != nil {
		t.Error(err)
	}
	if changes := b.since(at); len(changes) != 1 {
		t.Errorf("woken for %+v", changes)
	}
}

func epochOfBoth(t *testing.T, a, b *suite) {
	user, at := a.user(), a.at()
	a.update(func(ctx context.Context, tx store.Tx) error { return tx.NewEpoch(ctx) })
	if _, err := b.Changes(t.Context(), at, 10); !errors.Is(err, store.ErrForgotten) {
		t.Errorf("the other goes on: %v", err)
	}
	j := booking(user, "gpu", 1000, 500)
	a.insert(j)
	if err := b.try(func(ctx context.Context, tx store.Tx) error {
		return tx.InsertJob(ctx, booking(user, "gpu", 1000, 500))
	}); !errors.Is(err, store.ErrOverlap) {
		t.Errorf("the other knows of no booking: %v", err)
	}
}
