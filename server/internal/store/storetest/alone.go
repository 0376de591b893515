package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// errBad ends a bad update.
var errBad = errors.New("bad")

// reopened is the suite on a store that lives in the bubble of a test.
func (s *suite) reopened(t *testing.T) *suite {
	t.Helper()
	folder := t.TempDir()
	return &suite{T: t, Store: s.open(t, folder), folder: folder, open: s.open}
}

// together hands changes over while another update is under way, so that they share whatever a store lets share, and gives
// their errors. It is for a bubble.
func (s *suite) together(changes []func(context.Context, store.Tx) error) []error {
	errs := make([]error, len(changes))
	hold := make(chan struct{})
	go func() { _ = s.try(func(context.Context, store.Tx) error { <-hold; return nil }) }()
	for i, change := range changes {
		synctest.Wait()
		go func() { errs[i] = s.try(change) }()
	}
	synctest.Wait()
	close(hold)
	synctest.Wait()
	return errs
}

// badUpdatesAreAlone holds that an update that fails is taken back alone: those beside it are not run again for its sake.
func badUpdatesAreAlone(t *testing.T, s *suite) {
	_ = s.Close()
	synctest.Test(t, func(t *testing.T) {
		s := s.reopened(t)
		defer func() { _ = s.Close() }()
		user, usual := s.user(), 0
		s.update(func(context.Context, store.Tx) error { usual++; return nil })
		const n = 40
		runs := make([]int, n)
		var changes []func(context.Context, store.Tx) error
		for i := range n {
			changes = append(changes, func(ctx context.Context, tx store.Tx) error {
				runs[i]++
				j := booking(user, "gpu", int64(i)*100, 50)
				e := audit.Event{UserID: user.ID, JobID: j.ID, Request: audit.Request{ID: fmt.Sprint(i), Hash: []byte("h")}}
				err := errors.Join(tx.InsertJob(ctx, j), tx.InsertEvent(ctx, e))
				switch {
				case err != nil:
					return err
				case i%4 == 0:
					return errBad
				case i%4 == 1:
					panic("bad")
				}
				return nil
			})
		}
		for i, err := range s.together(changes) {
			if bad := i%4 < 2; bad != (err != nil) || (i%4 == 0 && !errors.Is(err, errBad)) {
				t.Errorf("update %d: %v", i, err)
			}
			if runs[i] != usual {
				t.Errorf("update %d ran %d times, %d beside no other", i, runs[i], usual)
			}
		}
		s.update(func(ctx context.Context, tx store.Tx) error {
			for i := range n {
				_, found, _ := tx.Blocking(ctx, "gpu", schedule.NewSlot(int64(i)*100, 50), "")
				_, _, err := tx.Request(ctx, user.ID, fmt.Sprint(i))
				if good := i%4 > 1; found != good || good != (err == nil) {
					t.Errorf("update %d: its slot is held: %v; its request: %v", i, found, err)
				}
			}
			return nil
		})
		if jobs, err := s.ActiveJobs(t.Context()); err != nil || len(jobs) != n/2 {
			t.Errorf("%d jobs, want %d (%v)", len(jobs), n/2, err)
		}
	})
}

// memoryAndDiskAgree holds that whatever updates fail beside each other, and wherever in them, a store gives the same
// answers before and after it is opened again.
func memoryAndDiskAgree(t *testing.T, s *suite) {
	_ = s.Close()
	rapid.Check(t, func(r *rapid.T) {
		var before, after answered
		synctest.Test(t, func(t *testing.T) {
			s := s.reopened(t)
			user := s.user()
			s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertEvent(ctx, audit.Event{UserID: user.ID}) })
			for range rapid.IntRange(1, 3).Draw(r, "batches") {
				var changes []func(context.Context, store.Tx) error
				for range rapid.IntRange(1, 8).Draw(r, "updates") {
					changes = append(changes, anyChange(r, user))
				}
				s.together(changes)
			}
			before = answers(s, user)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s.Store = s.open(t, s.folder)
			defer func() { _ = s.Close() }()
			after = answers(s, user)
		})
		if diff := cmp.Diff(before, after); diff != "" {
			r.Fatal("before opening again and after:\n" + diff)
		}
	})
}

// anyChange is some writes, of which any may be refused, and an end: kept, failed or in panic.
func anyChange(r *rapid.T, user account.User) func(context.Context, store.Tx) error {
	moment := rapid.Int64Range(0, 300)
	job := booking(user, "gpu", moment.Draw(r, "start"), rapid.Int64Range(1, 60).Draw(r, "duration"))
	to, end := moment.Draw(r, "to"), rapid.IntRange(0, 3).Draw(r, "end")
	request := fmt.Sprint(rapid.IntRange(0, 5).Draw(r, "request"))
	var writes []func(context.Context, store.Tx)
	for range rapid.IntRange(1, 4).Draw(r, "writes") {
		writes = append(writes, rapid.SampledFrom([]func(context.Context, store.Tx){
			func(ctx context.Context, tx store.Tx) { _ = tx.InsertJob(ctx, job) },
			func(ctx context.Context, tx store.Tx) { moveFirst(ctx, tx, to, false) },
			func(ctx context.Context, tx store.Tx) { moveFirst(ctx, tx, to, true) },
			func(ctx context.Context, tx store.Tx) {
				_ = tx.PutPause(ctx, schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(to, 20), UserID: user.ID, UserName: user.Name})
			},
			func(ctx context.Context, tx store.Tx) { _ = tx.DropPause(ctx, "gpu") },
			func(ctx context.Context, tx store.Tx) {
				_ = tx.InsertEvent(ctx, audit.Event{At: to, UserID: user.ID, JobID: job.ID, Request: audit.Request{ID: request, Hash: []byte("h")}})
			},
			func(ctx context.Context, tx store.Tx) { _ = tx.ForgetRequests(ctx, to) },
		}).Draw(r, "write"))
	}
	return func(ctx context.Context, tx store.Tx) error {
		for _, write := range writes {
			write(ctx, tx)
		}
		switch end {
		case 0:
			return errBad
		case 1:
			panic("bad")
		}
		return nil
	}
}

// moveFirst moves the first job of the timeline, or lets it go.
func moveFirst(ctx context.Context, tx store.Tx, to int64, end bool) {
	id, _, _ := tx.Blocking(ctx, "gpu", schedule.Slot{Start: 0, End: math.MaxInt64 / 2}, "")
	j, err := tx.Job(ctx, id)
	if err != nil {
		return
	}
	if end {
		j.EndCancelled(1)
	} else {
		j.Move(to)
	}
	_ = tx.UpdateJob(ctx, j)
}

// answered holds a store's answers about all that it may hold in memory too.
type answered struct {
	Jobs     []job.Job
	Window   []string
	Free     []schedule.Gap
	Pause    schedule.Pause
	Requests []string
}

func answers(s *suite, user account.User) (a answered) {
	s.Helper()
	var err error
	if a.Jobs, err = s.ActiveJobs(s.Context()); err != nil {
		s.Fatal(err)
	}
	inWindow, err := s.ListJobs(s.Context(), store.Query{Window: &schedule.Slot{Start: 100, End: 200}, Limit: 100})
	if err != nil {
		s.Fatal(err)
	}
	for _, j := range inWindow {
		a.Window = append(a.Window, j.ID)
	}
	if a.Free, err = s.FreeSlots(s.Context(), "gpu", 0, 5, 100); err != nil {
		s.Fatal(err)
	}
	if a.Pause, _, err = s.Pause(s.Context(), "gpu"); err != nil {
		s.Fatal(err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		a.Requests = nil
		for i := range 6 {
			if job, _, err := tx.Request(ctx, user.ID, fmt.Sprint(i)); err == nil {
				a.Requests = append(a.Requests, fmt.Sprint(i, job))
			}
		}
		slices.Sort(a.Requests)
		return nil
	})
	return a
}
