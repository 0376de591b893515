package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// runsLooked is more jobs than can be running on one worker, even after a crash in the middle of everything.
const runsLooked = 10

// lookAfterRuns compares what is written as running with what is followed, once in each look: a job that nobody follows is
// adopted, a cancellation that was not heard is passed on, a run beyond its limit is interrupted. It only reads: the disk
// may be full. It reports false when it could not look, for then nothing may start either.
func (d *Dispatcher) lookAfterRuns(ctx context.Context) bool {
	if time.Since(d.looked) < pollInterval {
		return true
	}
	jobs, err := d.Store.ListJobs(ctx, store.Query{Worker: d.Worker, Statuses: []job.Status{job.Processing}, Limit: runsLooked})
	if err != nil {
		d.Log.Error("cannot look for running jobs", "worker", d.Worker, "err", err)
		return false
	}
	d.looked = time.Now()
	for _, j := range jobs {
		switch {
		case d.current == nil:
			d.adopt(ctx, j)
		case d.current.job.ID == j.ID:
			if j.CancelRequested {
				d.interrupt(j)
			}
			d.endOverrun(ctx)
		}
	}
	return true
}

// adopt follows a job that runs, or ran, without anybody following it: its service was killed, or could not write its end.
func (d *Dispatcher) adopt(ctx context.Context, j job.Job) {
	d.current = &run{job: j, began: time.Now()}
	if j.StartedAt > 0 {
		d.current.began = d.current.began.Add(-max(0, d.Now().Sub(time.UnixMilli(j.StartedAt))))
	}
	d.Log.Info("adopting the running job", "worker", d.Worker, "job", j.ID, "attempt", j.Attempt)
	d.follow(j, func(j job.Job) Outcome { return d.Runner.Adopt(ctx, j) })
}

// interrupt passes a cancellation of the running job on, once.
func (d *Dispatcher) interrupt(j job.Job) {
	if d.current != nil && d.current.job.ID == j.ID && !d.current.job.CancelRequested {
		d.current.job.CancelRequested = true
		d.Runner.Interrupt(j)
	}
}

// interruption is an interrupt of the service's own making. It is kept before it is asked for: if the service is killed
// before the outcome is written, the next one must not take the interrupt for one from outside.
type interruption struct {
	PromptID string `json:"prompt_id"`
	Cause    cause  `json:"cause"`
	Reason   string `json:"reason,omitempty"` // of overran, for people
}

// cause says why the service interrupts a job that nobody cancelled.
type cause string

const (
	stopped cause = "stopped" // the service stops; the job is booked again
	overran cause = "overran" // the job is beyond its limit, and fails
)

// interruptKey finds the interruption in a context.
func interruptKey(worker string) string { return "dispatch/" + worker + "/interrupted" }

// interruptFor notes why, and asks ComfyUI to let go of the running job. The first cause is the one that counts. It reports false when the
// disk did not take the note: then the run goes on, for nobody could tell later that it was no stranger who ended it.
func (d *Dispatcher) interruptFor(ctx context.Context, why cause, reason string) bool {
	if d.interrupted.PromptID == d.current.job.PromptID() {
		return true
	}
	own := interruption{PromptID: d.current.job.PromptID(), Cause: why, Reason: reason}
	noting, cancel := context.WithTimeout(ctx, pollInterval)
	defer cancel()
	text, err := json.Marshal(own)
	if err == nil {
		_, err = d.Store.Update(noting, func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, interruptKey(d.Worker), text) })
	}
	if err != nil {
		d.Log.Error("cannot note why the running job is interrupted: it goes on", "worker", d.Worker, "job", d.current.job.ID, "err", err)
		return false
	}
	d.interrupted = own
	d.Runner.Interrupt(d.current.job)
	return true
}

// recallInterruption reads what the service before interrupted.
func (d *Dispatcher) recallInterruption(ctx context.Context) {
	text, err := d.Store.Record(ctx, interruptKey(d.Worker))
	if err == nil {
		err = json.Unmarshal(text, &d.interrupted)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.Log.Error("cannot read what was interrupted before", "worker", d.Worker, "err", err)
	}
}
