package dispatch

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	moveStep = 20                     // jobs moved in one commit: others wait for no more than that
	moveRoom = 100 * time.Millisecond // a step is taken only when nothing starts sooner
	// settle gives the time after a set of the clock for which overdue jobs are left alone: a clock that is set wrong is often set right
	// again soon, and then they are not overdue at all.
	settle = time.Minute
	// sweepEvery separates looks for overdue jobs when nothing says that there are any.
	sweepEvery = 15 * time.Second
	// maxTold bounds what is remembered of moves that were logged.
	maxTold = 1000
)

// clockWasSet explains slots that passed without anybody having missed them.
const clockWasSet = "the machine's clock was set, or it slept"

// noteClock notices that the clock was set, and tells the time for which it has.
func (d *Dispatcher) noteClock() (checked time.Time) {
	now := d.Now()
	jump := d.clock.Jump(now)
	if jump == 0 {
		return now
	}
	if jump > 0 {
		d.skipped = schedule.Slot{Start: now.Add(-jump).UnixMilli(), End: now.UnixMilli()}
	}
	d.Log.Warn("the clock was set, or the machine slept", "worker", d.Worker, "by", jump)
	d.settled = time.Now().Add(settle)
	d.misplaced, d.backTo, d.overdue = &store.Cursor{}, ownSlot, true
	d.changed.Store(true)
	return now
}

// moveOverdue books jobs whose slot ended without a start for the next free ones: the earliest of them, a step at a time.
// It goes by a time that was checked, since the clock may be set at any moment, and reports whether it moved any.
func (d *Dispatcher) moveOverdue(ctx context.Context, checked time.Time) bool {
	if time.Now().Before(d.settled) || (!d.overdue && time.Since(d.swept) < sweepEvery) {
		return false
	}
	now := checked.UnixMilli()
	passed, err := d.Store.ListJobs(ctx, store.Query{
		Worker:   d.Worker,
		Statuses: []job.Status{job.Scheduled},
		Window:   &schedule.Slot{Start: 0, End: now - 1},
		Limit:    moveStep,
	})
	if err != nil {
		d.Log.Error("cannot look for overdue jobs", "worker", d.Worker, "err", err)
		return false
	}
	passed = slices.DeleteFunc(passed, func(j job.Job) bool { return j.Slot().End >= now })
	slices.SortStableFunc(passed, func(a, b job.Job) int { return cmp.Compare(a.PromisedStart(), b.PromisedStart()) })
	if len(passed) == 0 {
		d.overdue, d.swept = false, time.Now()
		d.forgetWaits()
		return false
	}
	moved, _ := d.move(ctx, passed, "cannot move overdue jobs", func(ctx context.Context, tx store.Tx, j *job.Job) (bool, error) {
		if j.Slot().End >= now {
			return false, nil
		}
		place, err := d.Workers.Place(ctx, tx, placement.Wish{Candidates: d.Workers.Of(*j), Moment: now, JobID: j.ID})
		if err != nil {
			return false, err
		}
		j.MoveOverdue(place, d.missed(*j))
		return true, nil
	})
	return moved
}

// forgetWaits forgets what jobs waited for that are not due any more.
func (d *Dispatcher) forgetWaits() {
	due := d.next.Load()
	maps.DeleteFunc(d.waiting, func(id, _ string) bool { return due == nil || id != due.ID })
}

// missed says why a slot passed without a start.
func (d *Dispatcher) missed(j job.Job) string {
	switch reason := d.waiting[j.ID]; {
	case j.Delay != nil && j.Delay.Kind == job.Late:
		return j.Delay.Reason
	case reason != "":
		return reason
	case d.skipped.Contains(j.Slot().End):
		return clockWasSet
	case j.Slot().End < d.began:
		return "the service was not running"
	}
	return "the service was too busy to start it"
}

// move changes the slots of scheduled jobs, all in one commit, and reports whether it changed any. change decides on the
// job as it is now, and may be run more than once. An error is logged as the failure.
func (d *Dispatcher) move(
	ctx context.Context, jobs []job.Job, failure string, change func(context.Context, store.Tx, *job.Job) (bool, error),
) (changed bool, err error) {
	if len(jobs) == 0 {
		return false, nil
	}
	var moved []job.Job
	_, err = d.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		moved = nil
		for _, known := range jobs {
			j, err := tx.Job(ctx, known.ID)
			if err != nil {
				return err
			}
			if j.Status != job.Scheduled || j.Worker != d.Worker {
				continue
			}
			was := j
			changes, err := change(ctx, tx, &j)
			if err != nil {
				return err
			}
			if !changes {
				continue
			}
			if err := d.Workers.Rewrite(ctx, tx, was, j); err != nil {
				return err
			}
			moved = append(moved, j)
		}
		return nil
	})
	d.changed.Store(true) // not to wait until it is told of its own write
	if err != nil {
		d.Log.Error(failure, "worker", d.Worker, "jobs", len(jobs), "err", err)
		return false, err
	}
	for _, j := range moved {
		delete(d.waiting, j.ID)
		d.logMove(j)
	}
	return len(moved) > 0, nil
}

// logMove writes a move down. A job that is moved again and again, because ComfyUI is down, is news only once.
func (d *Dispatcher) logMove(j job.Job) {
	switch {
	case j.Delay == nil:
		d.Log.Info("job moved back to its own slot", "worker", d.Worker, "job", j.ID)
		return
	case d.isDisplaced(j):
		d.Log.Info("job moved near its own slot, which is not free any more", "worker", d.Worker, "job", j.ID, "to", j.Worker)
		return
	}
	level := slog.LevelWarn
	if d.told[j.ID] == j.Delay.Reason {
		level = slog.LevelDebug
	}
	if len(d.told) >= maxTold {
		clear(d.told)
	}
	d.told[j.ID] = j.Delay.Reason
	d.Log.Log(context.Background(), level, "slot ended without a start, job moved", "worker", d.Worker, "job", j.ID, "reason", j.Delay.Reason)
}
