package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// letGo is how long a stop waits for ComfyUI to let go of an interrupted job, and for the disk to take an outcome.
const letGo = 10 * time.Second

// record writes how a run ended. An outcome that the disk cannot take now is written when it can, until ctx ends.
func (d *Dispatcher) record(ctx context.Context, ended run) {
	if ended.outcome.Verdict == Unknown {
		return // the next start of the service looks it up
	}
	for {
		err := d.Store.Update(ctx, func(tx store.Tx) error {
			j, err := tx.Job(ended.job.ID)
			if err != nil || j.Status != job.Processing || j.Attempt != ended.job.Attempt {
				return err
			}
			if err := d.settle(tx, &j, ended.outcome); err != nil {
				return err
			}
			ended.job = j
			return tx.UpdateJob(j)
		})
		if err == nil {
			d.Log.Info("job ended", "worker", d.Worker, "job", ended.job.ID, "attempt", ended.job.Attempt, "status", ended.job.Status)
			return
		}
		d.Log.Error("cannot write the outcome of a job", "worker", d.Worker, "job", ended.job.ID, "err", err)
		if errors.Is(err, store.ErrClosed) {
			return
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return
		}
	}
}

// settle puts the outcome into the job.
func (d *Dispatcher) settle(tx store.Tx, j *job.Job, o Outcome) error {
	now := d.Now().UnixMilli()
	switch o.Verdict {
	case Completed:
		if len(o.Results) == 0 {
			j.Fail(now, job.Failure{Reason: job.NoResult, Message: "the workflow ran to its end but wrote nothing"})
			return nil
		}
		j.Complete(now, o.Results)
	case Failed:
		if j.CancelRequested && o.Failure.Reason == job.Timeout {
			j.LetGo(now) // it did not hear the request, but it has ended
			return nil
		}
		j.Fail(now, o.Failure)
	case NotStarted:
		if j.CancelRequested {
			j.LetGo(now)
			return nil
		}
		j.Unstart()
		j.MarkLate(o.Reason)
	case Interrupted:
		switch {
		case j.CancelRequested:
			j.LetGo(now)
		case j.PromptID() == d.stopped:
			return d.retry(tx, j, now, "the service was stopped in mid-run")
		default:
			j.Fail(now, job.Failure{Reason: job.Interrupted, Message: "the run was interrupted from outside the scheduler, on ComfyUI's own page for example"})
		}
	case Lost:
		j.Losses++
		switch {
		case j.CancelRequested:
			j.LetGo(now)
		case j.Losses > job.MaxLosses:
			j.Fail(now, job.Failure{Reason: job.Lost, Message: "ComfyUI lost the run for the second time: " + o.Reason})
		default:
			return d.retry(tx, j, now, o.Reason)
		}
	}
	return nil
}

// retry books a new attempt at the next free slot.
func (d *Dispatcher) retry(tx store.Tx, j *job.Job, now int64, reason string) error {
	start, err := booking.NextFree(tx, d.Worker, now, j.Duration, j.ID)
	if err != nil {
		return err
	}
	j.Retry(start, reason)
	return nil
}

// drain waits for the running job, interrupts it when the grace is over, and books it again. What a full disk does not
// take is left to the next start.
func (d *Dispatcher) drain(ctx context.Context) error {
	if d.current == nil {
		return nil
	}
	ended := d.lastRun(ctx)
	writing, cancel := context.WithTimeout(ctx, letGo)
	defer cancel()
	d.record(writing, ended)
	return nil
}

// lastRun is how the running job ended, by itself or by an interrupt.
func (d *Dispatcher) lastRun(ctx context.Context) run {
	d.Log.Info("waiting for the running job", "worker", d.Worker, "job", d.current.job.ID, "at_most", d.Grace)
	grace := time.NewTimer(d.Grace)
	defer grace.Stop()
	for {
		select {
		case ended := <-d.finished:
			return ended
		case j := <-d.written:
			d.interrupt(j)
			continue
		case <-grace.C:
		}
		break
	}
	d.noteStop(ctx)
	d.Runner.Interrupt(d.current.job)
	select {
	case ended := <-d.finished:
		return ended
	case <-time.After(letGo):
		// ComfyUI is stopped next, and the run with it.
		return run{d.current.job, Outcome{Verdict: Interrupted}}
	}
}

// noteStop keeps who interrupts the running job: if the service is killed before it has written the outcome, the next one
// must not take the interrupt for one from outside.
func (d *Dispatcher) noteStop(ctx context.Context) {
	d.stopped = d.current.job.PromptID()
	noting, cancel := context.WithTimeout(ctx, look)
	defer cancel()
	err := d.Store.Update(noting, func(tx store.Tx) error { return tx.PutRecord(d.stoppedKey(), []byte(d.stopped)) })
	if err != nil {
		d.Log.Error("cannot note the interrupt", "worker", d.Worker, "job", d.current.job.ID, "err", err)
	}
}

func (d *Dispatcher) stoppedKey() string { return "dispatch/" + d.Worker + "/stopped" }
