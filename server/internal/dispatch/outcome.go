package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	releaseTimeout = 10 * time.Second // a stop waits so long for ComfyUI to let go of a job, and for the disk to take an outcome
	fateLimit      = 5 * time.Second  // for the last look at a job that did not let go
)

// record writes how a run ended, and claims the job that comes next with it, if there is one to claim already. An outcome that the disk
// cannot take now is written when it can, until ctx ends.
func (d *Dispatcher) record(ctx context.Context, ended run, next *job.Job) (claimed job.Job, is bool) {
	if ended.outcome.Verdict == Unknown {
		return job.Job{}, false // it is looked for again, now or by the next start
	}
	for {
		j, claimed, err := d.settle(ctx, ended, next)
		if err == nil {
			d.Log.Info("job ended", "worker", d.Worker, "job", j.ID, "attempt", j.Attempt, "status", j.Status)
			return claimed, claimed.ID != ""
		}
		next = nil // the end comes first
		d.Log.Error("cannot write the outcome of a job", "worker", d.Worker, "job", ended.job.ID, "err", err)
		if errors.Is(err, store.ErrClosed) {
			return job.Job{}, false
		}
		failpoint.Reach(failpoint.Unwritten)
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			d.unwritten.Store(&ended)
			return job.Job{}, false
		}
	}
}

// Unwritten is the job whose outcome, or whose interruption, the disk did not take before the stop. Then ComfyUI, whose history is the
// only other place that knows it, has to be left running.
func (d *Dispatcher) Unwritten() (jobID string, is bool) {
	if ended := d.unwritten.Load(); ended != nil {
		return ended.job.ID, true
	}
	return "", false
}

// settle puts the outcome into the job, unless the job has gone on without it, and claims the next one if there is one.
func (d *Dispatcher) settle(ctx context.Context, ended run, next *job.Job) (settled, claimed job.Job, err error) {
	_, err = d.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		claimed = job.Job{}
		j, err := tx.Job(ctx, ended.job.ID)
		settled = j
		if err != nil || j.Status != job.Processing || j.Attempt != ended.job.Attempt {
			return err
		}
		if err := d.judge(ctx, tx, &j, ended.outcome); err != nil {
			return err
		}
		settled = j
		if err := noteOverwritten(ctx, tx, j); err != nil {
			return err
		}
		if err := tx.UpdateJob(ctx, j); err != nil || next == nil {
			return err
		}
		claimed, err = d.claimNext(ctx, tx, next.ID)
		return err
	})
	d.changed.Store(true)
	return settled, claimed, err
}

// claimNext claims the job of an id; none is returned when it is not to start now.
func (d *Dispatcher) claimNext(ctx context.Context, tx store.Tx, id string) (claimed job.Job, err error) {
	j, err := tx.Job(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return job.Job{}, nil
	}
	if err != nil {
		return job.Job{}, err
	}
	was := j
	if is, err := d.claim(ctx, tx, &j); err != nil || !is {
		return job.Job{}, err
	}
	return j, d.Workers.Rewrite(ctx, tx, was, j)
}

// judge says what the outcome means for the job.
func (d *Dispatcher) judge(ctx context.Context, tx store.Tx, j *job.Job, o Outcome) error {
	now := d.Now().UnixMilli()
	own := d.interrupted.PromptID == j.PromptID()
	switch o.Verdict {
	case Completed:
		if len(o.Results) == 0 {
			j.Fail(now, job.Failure{Reason: job.NoResult, Message: "the workflow ran to its end but wrote nothing"})
			return nil
		}
		j.Complete(now, o.Results)
		return nil
	case Failed:
		if j.CancelRequested && o.Failure.Reason == job.Timeout {
			j.EndCancelled(now) // it did not hear the request, but it has ended
			return nil
		}
		j.Fail(now, o.Failure)
		return nil
	}
	switch {
	case j.CancelRequested:
		j.EndCancelled(now)
	case o.Verdict == NotStarted:
		j.RevertStart()
		if o.Reason != "" {
			j.MarkLate(o.Reason)
		}
	case o.Verdict == Withdrawn:
		return d.retry(ctx, tx, j, now, o.Reason)
	case own && d.interrupted.Cause == stopped:
		return d.retry(ctx, tx, j, now, "the service was stopped in mid-run")
	case own && d.interrupted.Cause == overran:
		j.Fail(now, job.Failure{Reason: job.Overrun, Message: d.interrupted.Reason})
	case o.Verdict == Interrupted:
		j.Fail(now, job.Failure{
			Reason:  job.Interrupted,
			Message: "the run was interrupted from outside the scheduler, on ComfyUI's own page for example",
		})
	case j.Losses >= job.MaxLosses:
		j.Losses++
		j.Fail(now, job.Failure{Reason: job.Lost, Message: "ComfyUI lost the run for the second time: " + o.Reason})
	default:
		j.Losses++
		return d.retry(ctx, tx, j, now, o.Reason)
	}
	return nil
}

// retry books a new attempt at the next free slot.
func (d *Dispatcher) retry(ctx context.Context, tx store.Tx, j *job.Job, now int64, reason string) error {
	place, err := d.Workers.Place(ctx, tx, placement.Wish{Candidates: d.Workers.Of(*j), Moment: now, JobID: j.ID})
	if err != nil {
		return err
	}
	j.Retry(place, reason)
	return nil
}

// drain waits for the running job, interrupts it when the grace is over, and books it again. What a full disk does not
// take is left to the next start, and so is a job of which nobody can say what became of it.
func (d *Dispatcher) drain(ctx context.Context) {
	if d.current == nil {
		return
	}
	ended := d.lastRun(ctx)
	writing, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	d.record(writing, ended, nil)
	if ended.outcome.Verdict == Unknown {
		d.Log.Warn("it is not known what became of the running job: the next start looks for it", "worker", d.Worker, "job", ended.job.ID)
	}
}

// lastRun finds out how the running job ended, by itself or by an interrupt. One that did not hear the interrupt may have ended
// all the same: ComfyUI is asked, and nothing is taken for granted.
func (d *Dispatcher) lastRun(ctx context.Context) run {
	d.Log.Info("waiting for the running job", "worker", d.Worker, "job", d.current.job.ID, "at_most", d.Grace)
	if ended, is := d.endsWithin(d.Grace); is {
		return ended
	}
	if !d.interruptFor(ctx, stopped, "") {
		going := run{job: d.current.job}
		d.unwritten.Store(&going)
		return going
	}
	if ended, is := d.endsWithin(releaseTimeout); is {
		return ended
	}
	asking, cancel := context.WithTimeout(ctx, fateLimit)
	defer cancel()
	return run{job: d.current.job, outcome: d.Runner.Fate(asking, d.current.job)}
}

// endsWithin waits for the end of the running job. Cancellations are passed on meanwhile.
func (d *Dispatcher) endsWithin(limit time.Duration) (ended run, is bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case ended := <-d.finished:
			return ended, true
		case j := <-d.written:
			d.interrupt(j)
		case <-timer.C:
			return run{}, false
		}
	}
}
