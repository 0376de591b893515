package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// at is the newest revision.
func (s *suite) at() store.Revision {
	s.Helper()
	at, err := s.Revision(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return at
}

// since reads all changes after a revision, which must follow on each other.
func (s *suite) since(after store.Revision) (all []store.Change) {
	s.Helper()
	for {
		changes, err := s.Changes(s.Context(), after, 7)
		if err != nil {
			s.Fatal(err)
		}
		if len(changes) == 0 {
			return all
		}
		for _, c := range changes {
			if c.After != after || c.Revision.Epoch != after.Epoch || c.Revision.Number <= after.Number || len(c.Things) == 0 {
				s.Fatalf("after %v comes %+v", after, c)
			}
			after = c.Revision
		}
		all = append(all, changes...)
	}
}

// logged: each update that is kept is one change, in the order of the commits, and no other is.
func logged(t *testing.T, s *suite) {
	user, start := s.user(), s.at()
	var want, got []string
	for i := range 20 {
		j := booking(user, "gpu", int64(i)*100, 50)
		j.Inputs = workflow.Values{"prompt": workflow.Text(fmt.Sprint(i))}
		want = append(want, j.Prompt())
		s.insert(j)
		_ = s.try(func(ctx context.Context, tx store.Tx) error {
			_ = tx.InsertJob(ctx, booking(user, "gpu", 1e6, 1))
			return errors.New("not kept")
		})
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, "r", []byte("no news")) })
	}
	changes := s.since(start)
	for i, c := range changes {
		if c.Revision.Number != start.Number+int64(i)+1 || len(c.Things) != 1 || c.Things[0].Job == nil {
			t.Fatalf("change %d is %+v", i, c)
		}
		got = append(got, c.Things[0].Job.Prompt())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at := s.at(); at.Number != start.Number+20 {
		t.Errorf("the newest revision is %v", at)
	}
}

// logSurvives: the log is there when the store is opened again, with the values as they are, and goes on.
func logSurvives(t *testing.T, s *suite) {
	start := s.at()
	user := s.user()
	first, second := booking(user, "gpu", 1000, 500), booking(user, "gpu", 2000, 500)
	s.insert(first, second)
	middle := s.at()
	first.Move(5000)
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, first) })
	pause := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(9000, 10), UserID: user.ID, UserName: user.Name}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) })
	end := s.at()
	s.again()
	if at := s.at(); at != end {
		t.Fatalf("opened at %v, closed at %v", at, end)
	}
	for after, want := range map[store.Revision]map[string]any{
		start:  {user.ID: user, first.ID: first, second.ID: second, "gpu": pause},
		middle: {first.ID: first, "gpu": pause},
		end:    {},
	} {
		got := map[string]any{}
		changes, err := s.Changes(t.Context(), after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range changes {
			if i == 0 && c.After != after {
				t.Errorf("after %v comes a change after %v", after, c.After)
			}
			for _, thing := range c.Things {
				switch {
				case thing.Job != nil:
					got[thing.Key] = *thing.Job
				case thing.User != nil:
					got[thing.Key] = *thing.User
				case thing.Pause != nil:
					got[thing.Key] = *thing.Pause
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %v: %s", after, diff)
		}
	}
	s.insert(booking(user, "gpu", 20_000, 500))
	if at := s.at(); at.Epoch != end.Epoch || at.Number != end.Number+1 {
		t.Errorf("after %v comes %v", end, at)
	}
	s.since(start)
}

// again opens the store again.
func (s *suite) again() {
	s.Helper()
	if err := s.Close(); err != nil {
		s.Fatal(err)
	}
	s.Store = s.open(s.T, s.folder)
}

// forgotten: what the log does not know it says, and a new epoch knows nothing of the one before.
func forgotten(t *testing.T, s *suite) {
	user := s.user()
	at := s.at()
	ask := func(after store.Revision) {
		t.Helper()
		if changes, err := s.Changes(t.Context(), after, 10); !errors.Is(err, store.ErrForgotten) {
			t.Errorf("after %v: %v (%v)", after, changes, err)
		}
	}
	ask(store.Revision{})
	ask(store.Revision{Epoch: "another", Number: at.Number})
	ask(store.Revision{Epoch: at.Epoch, Number: at.Number + 1})
	_ = s.try(func(ctx context.Context, tx store.Tx) error { return errors.Join(tx.NewEpoch(ctx), errBad) })
	if now := s.at(); now != at {
		t.Errorf("an epoch that was taken back leads to %v", now)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.NewEpoch(ctx) })
	anew := s.at()
	if anew.Epoch == at.Epoch || anew.Epoch == "" {
		t.Errorf("the epoch is %q still", anew.Epoch)
	}
	ask(at)
	s.insert(booking(user, "gpu", 1000, 500))
	if changes := s.since(anew); len(changes) != 1 {
		t.Errorf("in the new epoch: %+v", changes)
	}
	end := s.at()
	s.again()
	ask(at)
	if now := s.at(); now != end {
		t.Errorf("opened at %v, closed at %v", now, end)
	}
}

// waiting: whoever waits is woken by what comes, and by the end.
func waiting(t *testing.T, s *suite) {
	_ = s.Close()
	synctest.Test(t, func(t *testing.T) {
		s := s.reopened(t)
		defer func() { _ = s.Close() }()
		at := s.at()
		ended := make(chan error, 1)
		wait := func(ctx context.Context, after store.Revision) { ended <- s.Wait(ctx, after) }
		go wait(t.Context(), at)
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("there is nothing new (%v)", err)
		default:
		}
		s.user()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, after := range []store.Revision{at, {}, {Epoch: "another", Number: 100}} {
			if err := s.Wait(t.Context(), after); err != nil {
				t.Errorf("for what is there after %v: %v", after, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Wait(ctx, s.at()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("for a minute: %v", err)
		}
		go wait(t.Context(), s.at())
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, store.ErrClosed) {
			t.Errorf("to the end: %v", err)
		}
	})
}

// revisions: who has read up to what an update gave knows what it wrote, and what it saw.
func revisions(t *testing.T, s *suite) {
	user := s.user()
	for i := range 5 {
		before := s.at()
		at, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.InsertJob(ctx, booking(user, "gpu", int64(i)*100, 50))
		})
		if err != nil || at.Epoch != before.Epoch || at.Number != before.Number+1 || s.at() != at {
			t.Errorf("update %d: %v after %v (%v)", i, at, before, err)
		}
	}
	before := s.at()
	at, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { _, err := tx.User(ctx, user.ID); return err })
	if err != nil || at != before {
		t.Errorf("an update that only reads: %v after %v (%v)", at, before, err)
	}
}
