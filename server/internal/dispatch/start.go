package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// start claims the job, and only then hands it over, when its slot begins: a crash in between leaves a job to look up, not
// one to run twice. retry is when to look again after a failure.
func (d *Dispatcher) start(ctx context.Context, next job.Job, retry time.Duration) time.Duration {
	var claimed bool
	j, err := d.update(ctx, next, func(ctx context.Context, tx store.Tx, j *job.Job) (_ bool, err error) {
		claimed, err = d.claim(ctx, tx, j)
		return claimed, err
	})
	if err != nil {
		d.waiting[next.ID] = unwritable(err)
		return retry
	}
	if claimed {
		d.begin(ctx, j)
	}
	return 0
}

// claim takes a job for ComfyUI when it is still to start now, and reports whether it is.
func (d *Dispatcher) claim(ctx context.Context, tx store.Tx, j *job.Job) (claimed bool, err error) {
	_, near := d.near(*j)
	pause, planned, err := tx.Pause(ctx, d.Worker) // it may be newer than the look before
	if err != nil {
		return false, err
	}
	_, out, err := tx.Outage(ctx, d.Worker)
	if err != nil {
		return false, err
	}
	claimed = j.Status == job.Scheduled && j.Worker == d.Worker && near && !out && !(planned && d.keepsFrom(pause, *j))
	if claimed {
		j.StartProcessing()
	}
	return claimed, nil
}

// soon returns the job whose slot is now, or will be in a moment, when nothing keeps it from its start: the end of the run before it and
// its claim can be one commit. The look at it may wait for ComfyUI's answer.
func (d *Dispatcher) soon(ctx context.Context) *job.Job {
	next, err := d.upcoming(ctx)
	if err != nil || next == nil || d.prepared != next.Start {
		return nil
	}
	if _, near := d.near(*next); !near {
		return nil
	}
	if _, wait := d.obstacle(ctx, *next); wait > 0 {
		return nil
	}
	return next
}

// begin hands a job over that was claimed, when its slot begins.
func (d *Dispatcher) begin(ctx context.Context, j job.Job) {
	waitedFor := d.waiting[j.ID]
	delete(d.waiting, j.ID)
	d.current = &run{job: j, began: time.Now()}
	d.follow(j, func(j job.Job) Outcome {
		begins, passed := false, false
		outcome := d.Runner.Run(ctx, j, func() bool {
			if begins, passed = d.begins(j); !begins {
				return false
			}
			failpoint.Reach(failpoint.Claimed)
			return true
		}, func() { go d.posted(ctx, j, d.Now().UnixMilli(), waitedFor) })
		if passed {
			outcome.Reason = clockWasSet
		}
		return outcome
	})
}

// unwritable says why a job could not be claimed, for people.
func unwritable(err error) string {
	if errors.Is(err, store.ErrFull) {
		return "the disk of the bookings was full"
	}
	return "the bookings could not be written"
}

// near reports whether it is the job's slot, or will be in a moment, and how long until then.
func (d *Dispatcher) near(j job.Job) (until time.Duration, near bool) {
	now := d.Now()
	until = time.UnixMilli(j.Start).Sub(now)
	return until, until <= claimAhead && now.UnixMilli() <= j.Slot().End
}

// begins waits for the slot of a claimed job, and reports whether it has come, or has passed by a clock that was set. Neither is so when
// the service stops before.
func (d *Dispatcher) begins(j job.Job) (begins, passed bool) {
	for {
		until, near := d.near(j)
		if !near || until <= 0 {
			return near, !near
		}
		select {
		case <-time.After(until):
		case <-d.stopping:
			return false, false
		}
	}
}

// follow runs a job beside the loop, which hears of its end.
func (d *Dispatcher) follow(j job.Job, follow func(job.Job) Outcome) {
	go func() { d.finished <- run{job: j, outcome: follow(j)} }()
	if j.CancelRequested {
		d.Runner.Interrupt(j)
	}
}

// posted records the moment of the start.
func (d *Dispatcher) posted(ctx context.Context, started job.Job, now int64, waitedFor string) {
	if waitedFor == "" {
		waitedFor = "the start took longer than it should"
	}
	d.Log.Info("job started", "worker", d.Worker, "job", started.ID, "attempt", started.Attempt, "after_slot_ms", now-started.Start)
	_, _ = d.update(ctx, started, func(_ context.Context, _ store.Tx, j *job.Job) (bool,
		error,
	) { // a start that cannot be noted is a start all the same
		if j.Status != job.Processing || j.Attempt != started.Attempt {
			return false, nil
		}
		j.Posted(now, waitedFor)
		return true, nil
	})
}
