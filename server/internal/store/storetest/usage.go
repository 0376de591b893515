package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// totals: whatever is booked, moved, run, cancelled, tried again and taken back, what a user has booked is the sum of the jobs.
func totals(t *testing.T, s *suite) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		u := &userTotals{suite: s, owners: []account.User{s.user(), s.user()}, lane: fmt.Sprintf("lane-%d-", n), jobs: map[string]job.Job{}}
		for range rapid.IntRange(1, 12).Draw(rt, "updates") {
			u.change(rt)
			if n%20 == 0 && rapid.IntRange(0, 5).Draw(rt, "opened again") == 0 {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s.Store = s.open(t, s.folder)
			}
		}
	})
}

// userTotals are the jobs of some users, and what they sum up to by the plainest means.
type userTotals struct {
	*suite
	owners []account.User
	lane   string
	ids    []string
	jobs   map[string]job.Job // as committed
}

// change does several things in one update, holds the totals against the sums within it, and after it.
func (u *userTotals) change(t *rapid.T) {
	fails := rapid.IntRange(0, 3).Draw(t, "taken back") == 0
	steps := rapid.SliceOfN(rapid.IntRange(0, 99), 1, 8).Draw(t, "steps")
	var ids []string
	var jobs map[string]job.Job
	err := u.try(func(ctx context.Context, tx store.Tx) error {
		ids, jobs = append([]string(nil), u.ids...), map[string]job.Job{}
		for id, j := range u.jobs {
			jobs[id] = j
		}
		for _, step := range steps {
			j, isNew := u.next(step, ids, jobs)
			write := tx.UpdateJob
			if isNew {
				write = tx.InsertJob
			}
			if err := write(ctx, j); errors.Is(err, store.ErrOverlap) {
				continue
			} else if err != nil {
				return err
			}
			if isNew {
				ids = append(ids, j.ID)
			}
			jobs[j.ID] = j
			if step%3 == 0 {
				u.holds(ctx, t, tx, step, ids, jobs)
			}
		}
		if fails {
			return errBad
		}
		return nil
	})
	if fails != errors.Is(err, errBad) || !fails && err != nil {
		t.Fatal(err)
	}
	if !fails {
		u.ids, u.jobs = ids, jobs
	}
	u.update(func(ctx context.Context, tx store.Tx) error {
		for except := range 3 {
			u.holds(ctx, t, tx, except, u.ids, u.jobs)
		}
		return nil
	})
}

// next makes a new job, or what becomes of one.
func (u *userTotals) next(step int, ids []string, jobs map[string]job.Job) (j job.Job, isNew bool) {
	start := int64(step*37%50) * 100
	if len(ids) == 0 || step < 40 {
		j = booking(u.owners[step%2], u.lane+fmt.Sprint(step%3), start, int64(step*13%90))
		if step%10 == 9 {
			j.EndCancelled(5)
		}
		return j, true
	}
	j = jobs[ids[step%len(ids)]]
	switch step % 7 {
	case 0:
		j.Move(start)
	case 1:
		j.Duration += 7
	case 2:
		j.StartProcessing()
		j.StartedAt = j.Start
	case 3:
		j.Complete(9, nil)
	case 4:
		j.EndCancelled(9)
	case 5:
		j.Retry(job.Place{Worker: j.Worker, Start: start, Duration: 20}, "again")
	default:
		j.Worker, j.Status = u.lane+"other", job.Scheduled
	}
	return j, false
}

// holds compares what the store says with the sums.
func (u *userTotals) holds(ctx context.Context, t *rapid.T, tx store.Tx, step int, ids []string, jobs map[string]job.Job) {
	except := ""
	if len(ids) > 0 && step%3 > 0 {
		except = ids[step%len(ids)]
	}
	day := schedule.Slot{Start: int64(step%5) * 1000, End: int64(step%5)*1000 + 999}
	for _, owner := range u.owners {
		var count int
		var open, onDay int64
		for _, j := range jobs {
			if j.UserID != owner.ID {
				continue
			}
			if j.Status.Active() {
				count++
			}
			if j.ID == except {
				continue
			}
			if j.Status.Active() {
				open += j.Duration
			}
			if day.Contains(j.Start) && (j.Status != job.Cancelled || j.StartedAt > 0) {
				onDay += j.Duration
			}
		}
		n, err := tx.CountActive(ctx, owner.ID)
		gotOpen, gotDay, timeErr := tx.BookedTime(ctx, owner.ID, day, except)
		if n != count || gotOpen != open || gotDay != onDay || err != nil || timeErr != nil {
			t.Fatalf("%d jobs, %d open and %d on %v without %q (%v, %v), want %d, %d and %d", n, gotOpen, gotDay, day, except, err, timeErr,
				count, open, onDay)
		}
	}
}
