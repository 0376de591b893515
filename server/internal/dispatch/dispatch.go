// Package dispatch runs the jobs of one worker when their slots begin. It decides when, the Runner knows how.
//
// A timer wakes it before the start of the next slot, and a look every second, by the wall clock, catches what a timer does
// not see: a clock that was set, a machine that slept, a job that runs although nobody follows it. It claims a job a moment
// before its slot, so that the disk has answered when the slot begins, but starts nothing early, and nothing beside a
// running job. A job whose slot ends without a start is booked for the next free slot, so it never runs in the middle of
// somebody's booking. While nothing runs, a job that may start sooner than its slot does when it fits before the next one.
package dispatch

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// pollInterval is the longest time between two looks at the clock.
const pollInterval = time.Second

// ahead gives the time before a slot at which its start is prepared.
const ahead = 400 * time.Millisecond

// clearAhead gives the time before a slot at which whatever nobody has booked makes way: ComfyUI drops a run between two steps of it.
const clearAhead = 3 * time.Second

// claimAhead gives the time before its slot at which a job is claimed: more than a commit takes, also on a disk that holds one up now and
// then. Disks that others share do for a tenth of a second and more.
const claimAhead = 200 * time.Millisecond

// retryDelay holds back a job that could not be handed over.
const retryDelay = 250 * time.Millisecond

// Config holds the parts that a Dispatcher works with.
type Config struct {
	Worker  string
	Store   store.Store
	Runner  Runner
	Now     func() time.Time // the wall clock
	Grace   time.Duration    // how long a stop waits for the running job
	Overrun OverrunLimit
	Workers *placement.Workers // where jobs can go that nobody has pinned; nil: they stay
	Log     *slog.Logger
}

// Dispatcher runs the jobs of one worker.
type Dispatcher struct {
	Config
	wake     chan struct{}
	next     atomic.Pointer[job.Job] // the scheduled job whose slot comes next, as last seen; nil: none
	changed  atomic.Bool             // next may be another since it was read
	read     time.Time               // when next was read
	began    int64                   // when Run was called, by the wall clock
	stopping <-chan struct{}         // closed when nothing more may start
	cleared  int64                   // the start that was made way for
	prepared int64                   // the start that was prepared
	looked   time.Time               // when the running jobs were last looked through
	finished chan run
	current  *run // nil: idle
	written  chan job.Job
	waiting  map[string]string // what each due job waits for, by id
	hold     time.Time         // start nothing before, after ComfyUI could not be reached
	// interrupted is the prompt that the service itself interrupted, this service or the one before.
	interrupted interruption
	unwritten   atomic.Pointer[run] // ended, but the disk did not take the outcome before the stop
	freedFor    int64               // start of the pause for which the GPU was freed
	clock       clock.Watch
	settled     time.Time         // move no overdue jobs before, after the clock was set
	skipped     schedule.Slot     // the moments that a clock set forward has skipped last
	overdue     bool              // there may be overdue jobs
	swept       time.Time         // when they were last looked for
	misplaced   *store.Cursor     // behind it jobs may stand where a wrong clock has moved them; nil: nowhere
	movedBack   bool              // some of those that were looked through have been moved back
	backTo      goal              // of those, to which they are brought now
	told        map[string]string // why jobs were moved, as last logged, by id
	forward     forward
	news        atomic.Pointer[store.Cursor] // the first of the movable jobs that are new
	bounds      atomic.Pointer[[2]string]    // bookings that bound the room for a job that starts now, as of the last search
	busy        atomic.Bool                  // a job runs, as of the last pass
}

// run is one attempt under way, and afterwards how it ended.
type run struct {
	job     job.Job
	began   time.Time // of the run, as far as it is known; not moved by a clock that is set
	outcome Outcome
}

// New makes a dispatcher.
func New(c Config) *Dispatcher {
	return &Dispatcher{
		Config:   c,
		wake:     make(chan struct{}, 1),
		finished: make(chan run, 1),
		written:  make(chan job.Job, 64),
		waiting:  map[string]string{},
		told:     map[string]string{},
	}
}

// Run dispatches until ctx ends. Then it starts nothing more, gives the running job the grace to finish, and returns
// when that job's fate is written, or left to the next start.
func (d *Dispatcher) Run(ctx context.Context) error {
	running, stopRuns := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRuns()
	writing, stopWriting := context.WithCancel(running)
	defer stopWriting()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(releaseTimeout, stopWriting) })()
	d.began, d.stopping = d.Now().UnixMilli(), ctx.Done()
	d.misplaced, d.overdue = &store.Cursor{}, true
	d.recallInterruption(running)
	timer := time.NewTimer(pollInterval)
	defer timer.Stop()
	for ctx.Err() == nil {
		changed := d.Runner.Changed() // also before the look, so that what changes during it is looked at again
		timer.Reset(d.pass(running))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-d.wake:
		case <-changed:
		case <-d.Runner.Changed():
		case j := <-d.written:
			d.interrupt(j)
		case ended := <-d.finished:
			d.current, d.overdue = nil, true // what comes back to the timeline may come too late for its slot
			if ended.outcome.Verdict == NotStarted {
				d.hold = time.Now().Add(retryDelay)
			}
			var next *job.Job
			if ctx.Err() == nil {
				next = d.soon(running)
			}
			if claimed, is := d.record(writing, ended, next); is {
				d.begin(running, claimed)
			}
		}
	}
	d.drain(running)
	return nil
}

// pass looks after everything once and says when to do so again at the latest. What is due comes first; what has to be
// moved is moved in steps between.
func (d *Dispatcher) pass(ctx context.Context) time.Duration {
	d.busy.Store(d.current != nil)
	now := d.noteClock()
	if !d.lookAfterRuns(ctx) {
		return pollInterval
	}
	if pause, under := d.pause(ctx); under && d.current == nil && d.freedFor != pause.Slot.Start {
		d.freedFor = pause.Slot.Start
		d.Runner.FreeMemory(ctx)
	}
	wait := d.startNext(ctx)
	if wait < moveRoom && d.startsWithin(claimAhead+moveRoom) {
		return wait
	}
	if d.moveOverdue(ctx, now) || d.moveForward(ctx) || d.moveBack(ctx) {
		return 0
	}
	return wait
}

// startsWithin reports whether the slot that comes next, as last seen, begins within that time, or has begun.
func (d *Dispatcher) startsWithin(limit time.Duration) bool {
	next := d.next.Load()
	return next != nil && time.UnixMilli(next.Start).Sub(d.Now()) < limit
}

// startNext starts the job whose slot it is if it can, and says when to look again at the latest.
func (d *Dispatcher) startNext(ctx context.Context) time.Duration {
	next, err := d.upcoming(ctx)
	if err != nil {
		d.Log.Error("cannot read the next job", "worker", d.Worker, "err", err)
		return pollInterval
	}
	if next == nil {
		return pollInterval
	}
	now := d.Now()
	until := time.UnixMilli(next.Start).Sub(now)
	switch {
	case until > clearAhead:
		return min(pollInterval, until-clearAhead)
	case until > ahead:
		if d.cleared != next.Start {
			d.cleared = next.Start
			d.Runner.Clear()
		}
		return min(pollInterval, until-ahead)
	case until > 0:
		if d.prepared != next.Start {
			d.prepared = next.Start
			d.Runner.Prepare(ctx, *next)
			go collectGarbage()
		}
		if until > claimAhead {
			return until - claimAhead
		}
		if _, wait := d.obstacle(ctx, *next); wait > 0 {
			return until
		}
		return d.start(ctx, *next, until)
	default:
		return d.due(ctx, *next, now.UnixMilli())
	}
}

// due starts the job whose slot it is, or says on it why it waits.
func (d *Dispatcher) due(ctx context.Context, next job.Job, now int64) time.Duration {
	reason, wait := d.obstacle(ctx, next)
	if wait == 0 {
		return d.start(ctx, next, pollInterval)
	}
	if reason == "" {
		return wait
	}
	d.waiting[next.ID] = reason
	if wait := next.Start + job.OnTime + 1 - now; wait > 0 {
		return time.Duration(wait) * time.Millisecond
	}
	if _, paused := d.pause(ctx); !paused && d.startElsewhere(ctx, next, reason) {
		return 0
	}
	d.update(ctx, next, func(_ context.Context, _ store.Tx, j *job.Job) (bool, error) {
		return j.Status == job.Scheduled && j.MarkLate(reason), nil
	})
	return pollInterval
}

// obstacle says what the start of a job has to wait for, and how long at least: no time when there is none. A short wait has
// no reason.
func (d *Dispatcher) obstacle(ctx context.Context, next job.Job) (reason string, wait time.Duration) {
	pause, planned, err := d.Store.Pause(ctx, d.Worker)
	if err != nil {
		return "the bookings could not be read", pollInterval
	}
	if planned && d.keepsFrom(pause, next) {
		return job.BecauseOf(pause), pollInterval
	}
	outage, out, err := d.Store.Outage(ctx, d.Worker)
	if err != nil {
		return "the bookings could not be read", pollInterval
	}
	if out {
		return outage.String(), pollInterval
	}
	if d.current != nil {
		if trouble := d.Runner.Trouble(); trouble != "" {
			return trouble, pollInterval
		}
		return "the job before it is still running", pollInterval
	}
	if ready, reason := d.Runner.Ready(ctx); !ready {
		return reason, pollInterval
	}
	return "", max(0, time.Until(d.hold))
}

// keepsFrom reports whether the job must not start because of a pause: it is under way, or the job is about to be moved out
// of it.
func (d *Dispatcher) keepsFrom(pause schedule.Pause, j job.Job) bool {
	return pause.Covers(d.Now().UnixMilli()) || pause.Slot.Overlaps(j.Slot())
}

// pause is the one under way.
func (d *Dispatcher) pause(ctx context.Context) (schedule.Pause, bool) {
	pause, planned, err := d.Store.Pause(ctx, d.Worker)
	return pause, err == nil && planned && pause.Covers(d.Now().UnixMilli())
}

// update changes a job as it is now, if change says so. change may be run more than once.
func (d *Dispatcher) update(ctx context.Context, known job.Job, change func(context.Context, store.Tx, *job.Job) (bool, error)) (job.Job,
	error,
) {
	var changed job.Job
	_, err := d.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		j, err := tx.Job(ctx, known.ID)
		if err != nil {
			return err
		}
		changed = job.Job{}
		was := j
		if changes, err := change(ctx, tx, &j); err != nil || !changes {
			return err
		}
		changed = j
		return d.Workers.Rewrite(ctx, tx, was, j)
	})
	d.changed.Store(true) // not to wait until it is told of its own write
	if err != nil {
		d.Log.Error("cannot write a job", "worker", d.Worker, "job", known.ID, "err", err)
	}
	return changed, err
}
