// Package dispatch runs the jobs of one worker when their slots begin. It decides when, the Runner knows how.
//
// A timer wakes it before the start of the next slot, and a look every second, by the wall clock, catches what a timer does
// not see: a clock that was set, a machine that slept. It claims a job a moment before its slot, so that the disk has
// answered when the slot begins, but starts nothing early, and nothing beside a running job. A job whose slot ends without a
// start is booked for the next free slot, so it never runs in the middle of somebody's booking.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// look is the longest time between two looks at the clock.
const look = time.Second

// ahead is how long before a slot its start is prepared.
const ahead = 100 * time.Millisecond

// claimAhead is how long before its slot a job is claimed: more than a commit takes on a busy disk.
const claimAhead = 15 * time.Millisecond

// retryPause is how long a job waits that could not be handed over.
const retryPause = 250 * time.Millisecond

// Runner runs jobs on one ComfyUI.
type Runner interface {
	// Ready reports whether a job could start at once, or why not, for people.
	Ready(ctx context.Context) (ready bool, reason string)
	// Changed returns a channel that is closed when Ready may say something new.
	Changed() <-chan struct{}
	// Prepare is told of the job that starts in a moment. It does not wait.
	Prepare(ctx context.Context, j job.Job)
	// Run hands the job to ComfyUI and follows it until its outcome is known or ctx ends. posted is called when the graph
	// has been posted.
	Run(ctx context.Context, j job.Job, posted func()) Outcome
	// Adopt finds a job that was handed over before the service started, and follows it as Run does.
	Adopt(ctx context.Context, j job.Job) Outcome
	// Interrupt asks ComfyUI to let go of the job and of no other. It does not wait.
	Interrupt(j job.Job)
	// Rest frees the memory of the GPU. It does not wait.
	Rest(ctx context.Context)
}

// Verdict is how a run ended.
type Verdict int

// The verdicts.
const (
	Unknown     Verdict = iota // ctx ended first
	NotStarted                 // nothing reached ComfyUI
	Completed                  // with Results
	Failed                     // with Failure
	Interrupted                // ComfyUI let go of it
	Lost                       // ComfyUI does not know it any more
)

// Outcome is how a run ended.
type Outcome struct {
	Verdict Verdict
	Results []job.Result
	Failure job.Failure
	Reason  string // of NotStarted and Lost, for people
}

// Config is what a Dispatcher works with.
type Config struct {
	Worker string
	Store  store.Store
	Runner Runner
	Now    func() time.Time // the wall clock
	Grace  time.Duration    // how long a stop waits for the running job
	Log    *slog.Logger
}

// Dispatcher runs the jobs of one worker.
type Dispatcher struct {
	Config
	wake     chan struct{}
	next     atomic.Pointer[job.Job] // the scheduled job with the earliest start, as last seen; nil: none
	changed  atomic.Bool             // next may be another since it was read
	read     time.Time               // when next was read
	prepared int64                   // the start that was prepared
	finished chan run
	current  *run // nil: idle
	written  chan job.Job
	waiting  string    // what the due job waits for
	hold     time.Time // start nothing before, after ComfyUI could not be reached
	// stopped is the prompt that was interrupted because the service stopped, this one or the one before.
	stopped string
	rested  int64 // start of the pause for which the GPU was freed
}

// run is one attempt under way, and afterwards how it ended.
type run struct {
	job     job.Job
	outcome Outcome
}

// New makes a dispatcher.
func New(c Config) *Dispatcher {
	return &Dispatcher{Config: c, wake: make(chan struct{}, 1), finished: make(chan run, 1), written: make(chan job.Job, 64)}
}

// JobWritten tells the dispatcher of a change to a job. It never waits.
func (d *Dispatcher) JobWritten(j job.Job) {
	if j.Worker != d.Worker {
		return
	}
	if j.Status == job.Processing && j.CancelRequested {
		select {
		case d.written <- j:
		default: // the look every second finds it too
		}
	}
	if next := d.next.Load(); next != nil && j.ID != next.ID && (j.Status != job.Scheduled || j.Start >= next.Start) {
		return // what comes next is still the same
	}
	d.changed.Store(true)
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run dispatches until ctx ends. Then it starts nothing more, gives the running job the grace to finish, and returns
// when that job's fate is written.
func (d *Dispatcher) Run(ctx context.Context) error {
	running, stopRuns := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRuns()
	writing, stopWriting := context.WithCancel(running)
	defer stopWriting()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(letGo, stopWriting) })()
	if err := d.adopt(running); err != nil {
		return fmt.Errorf("look for the job that was running: %w", err)
	}
	timer := time.NewTimer(look)
	defer timer.Stop()
	for ctx.Err() == nil {
		timer.Reset(d.pass(running))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-d.wake:
		case <-d.Runner.Changed():
		case j := <-d.written:
			d.interrupt(j)
		case ended := <-d.finished:
			d.current = nil
			if ended.outcome.Verdict == NotStarted {
				d.hold = time.Now().Add(retryPause)
			}
			d.record(writing, ended)
		}
	}
	return d.drain(running)
}

// adopt follows the job that was running when the service stopped. It only reads: the disk may be full.
func (d *Dispatcher) adopt(ctx context.Context) error {
	jobs, err := d.Store.ListJobs(ctx, store.Query{Worker: d.Worker, Statuses: []job.Status{job.Processing}, Limit: 1})
	if err != nil || len(jobs) == 0 {
		return err
	}
	stopped, err := d.Store.Record(ctx, d.stoppedKey())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	d.stopped = string(stopped)
	d.current = &run{job: jobs[0]}
	d.Log.Info("adopting the running job", "worker", d.Worker, "job", d.current.job.ID, "attempt", d.current.job.Attempt)
	d.follow(d.current.job, func(j job.Job) Outcome { return d.Runner.Adopt(ctx, j) })
	return nil
}

// pass frees the GPU for a pause, moves overdue jobs, starts the due one if it can, and says when to look again at the latest.
func (d *Dispatcher) pass(ctx context.Context) time.Duration {
	if pause, under := d.pause(); under && d.current == nil && d.rested != pause.Slot.Start {
		d.rested = pause.Slot.Start
		d.Runner.Rest(ctx)
	}
	for {
		next, err := d.upcoming(ctx)
		if err != nil {
			d.Log.Error("cannot read the next job", "worker", d.Worker, "err", err)
			return look
		}
		if next == nil {
			return look
		}
		now := d.Now()
		until := time.UnixMilli(next.Start).Sub(now)
		switch {
		case until > ahead:
			d.waiting = ""
			return min(look, until-ahead)
		case until > 0:
			d.waiting = ""
			if d.prepared != next.Start {
				d.prepared = next.Start
				d.Runner.Prepare(ctx, *next)
				go collect()
			}
			if until > claimAhead {
				return until - claimAhead
			}
			if _, wait := d.obstacle(ctx); wait > 0 {
				return until
			}
			return d.start(ctx, *next, until)
		case next.Slot().End < now.UnixMilli():
			if !d.moveOverdue(ctx, *next) {
				return look
			}
		default:
			return d.due(ctx, *next, now.UnixMilli())
		}
	}
}

// upcoming is the scheduled job with the earliest start, if there is one. It is read again only when it may have changed,
// and at each look: when a slot begins nothing is left to read.
func (d *Dispatcher) upcoming(ctx context.Context) (*job.Job, error) {
	if next := d.next.Load(); next != nil && !d.changed.Load() && time.Since(d.read) < look {
		return next, nil
	}
	d.changed.Store(false)
	d.next.Store(nil) // whatever is written from here on is looked at
	next, err := d.Store.NextScheduled(ctx, d.Worker)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.next.Store(&next)
	d.read = time.Now()
	return &next, nil
}

// due starts the job whose slot it is, or says on it why it waits.
func (d *Dispatcher) due(ctx context.Context, next job.Job, now int64) time.Duration {
	reason, wait := d.obstacle(ctx)
	if wait == 0 {
		return d.start(ctx, next, look)
	}
	if reason == "" {
		return wait
	}
	d.waiting = reason
	if wait := next.Start + job.OnTime + 1 - now; wait > 0 {
		return time.Duration(wait) * time.Millisecond
	}
	d.update(ctx, next, func(j *job.Job) bool { return j.Status == job.Scheduled && j.MarkLate(reason) })
	return look
}

// obstacle is what a start has to wait for, and how long at least: no time when there is none. A short wait has no reason.
func (d *Dispatcher) obstacle(ctx context.Context) (reason string, wait time.Duration) {
	if pause, under := d.pause(); under {
		return pause.Because(), look
	}
	if d.current != nil {
		return "the job before it is still running", look
	}
	if ready, reason := d.Runner.Ready(ctx); !ready {
		return reason, look
	}
	return "", max(0, time.Until(d.hold))
}

// pause is the one under way. Bookings were moved out of it; what is still due had to wait before it began.
func (d *Dispatcher) pause() (store.Pause, bool) {
	pause, planned := d.Store.Pause(d.Worker)
	return pause, planned && pause.Covers(d.Now().UnixMilli())
}

// start claims the job, and only then hands it over, when its slot begins: a crash in between leaves a job to look up, not
// one to run twice. retry is when to look again after a failure.
func (d *Dispatcher) start(ctx context.Context, next job.Job, retry time.Duration) time.Duration {
	var claimed bool
	j, err := d.update(ctx, next, func(j *job.Job) bool {
		_, near := d.near(*j)
		claimed = j.Status == job.Scheduled && near
		if claimed {
			j.StartProcessing()
		}
		return claimed
	})
	if err != nil {
		return retry
	}
	if claimed {
		waitedFor := d.waiting
		d.waiting = ""
		d.current = &run{job: j}
		d.follow(j, func(j job.Job) Outcome {
			if !d.begins(j) {
				return Outcome{Verdict: NotStarted, Reason: "the clock was set"}
			}
			return d.Runner.Run(ctx, j, func() { d.posted(ctx, j, waitedFor) })
		})
	}
	return 0
}

// near reports whether it is the job's slot, or will be in a moment, and how long until then.
func (d *Dispatcher) near(j job.Job) (until time.Duration, near bool) {
	now := d.Now()
	until = time.UnixMilli(j.Start).Sub(now)
	return until, until <= claimAhead && now.UnixMilli() <= j.Slot().End
}

// begins waits for the slot of a claimed job, and reports whether it has come.
func (d *Dispatcher) begins(j job.Job) bool {
	for {
		until, near := d.near(j)
		if !near || until <= 0 {
			return near
		}
		time.Sleep(until)
	}
}

// follow runs a job beside the loop, which hears of its end.
func (d *Dispatcher) follow(j job.Job, follow func(job.Job) Outcome) {
	go func() { d.finished <- run{j, follow(j)} }()
	if j.CancelRequested {
		d.Runner.Interrupt(j)
	}
}

// posted records the moment of the start.
func (d *Dispatcher) posted(ctx context.Context, started job.Job, waitedFor string) {
	now := d.Now().UnixMilli()
	if waitedFor == "" {
		waitedFor = "the start took longer than it should"
	}
	d.Log.Info("job started", "worker", d.Worker, "job", started.ID, "attempt", started.Attempt, "after_slot_ms", now-started.Start)
	d.update(ctx, started, func(j *job.Job) bool {
		if j.Status != job.Processing || j.Attempt != started.Attempt {
			return false
		}
		j.Posted(now, waitedFor)
		return true
	})
}

func (d *Dispatcher) interrupt(j job.Job) {
	if d.current != nil && d.current.job.ID == j.ID {
		d.current.job.CancelRequested = true
		d.Runner.Interrupt(j)
	}
}

// moveOverdue books a job whose slot ended without a start for the next free one.
func (d *Dispatcher) moveOverdue(ctx context.Context, overdue job.Job) bool {
	reason := d.waiting
	if reason == "" {
		reason = "the service was not running"
	}
	err := d.Store.Update(ctx, func(tx store.Tx) error {
		j, err := tx.Job(overdue.ID)
		if err != nil {
			return err
		}
		now := d.Now().UnixMilli()
		if j.Status != job.Scheduled || j.Slot().End >= now {
			return nil
		}
		start, err := booking.NextFree(tx, d.Worker, now, j.Duration, j.ID)
		if err != nil {
			return err
		}
		if j.Delay != nil && j.Delay.Kind == job.Late {
			reason = j.Delay.Reason
		}
		j.MoveOverdue(start, reason)
		return tx.UpdateJob(j)
	})
	if err != nil {
		d.Log.Error("cannot move an overdue job", "worker", d.Worker, "job", overdue.ID, "err", err)
		return false
	}
	d.Log.Warn("slot ended without a start, job moved", "worker", d.Worker, "job", overdue.ID, "reason", reason)
	return true
}

// update changes a job as it is now, if change says so.
func (d *Dispatcher) update(ctx context.Context, known job.Job, change func(*job.Job) bool) (job.Job, error) {
	var changed job.Job
	err := d.Store.Update(ctx, func(tx store.Tx) error {
		j, err := tx.Job(known.ID)
		if err != nil {
			return err
		}
		if !change(&j) {
			return nil
		}
		changed = j
		return tx.UpdateJob(j)
	})
	if err != nil {
		d.Log.Error("cannot write a job", "worker", d.Worker, "job", known.ID, "err", err)
	}
	return changed, err
}
