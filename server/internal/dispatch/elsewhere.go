package dispatch

import (
	"context"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// startElsewhere takes a job whose slot has begun, and whose worker is down, to another one that can run it and is free now, and
// reports whether it did. It does so once for a job: the other worker may turn out to be no better.
func (d *Dispatcher) startElsewhere(ctx context.Context, due job.Job, reason string) bool {
	if due.Delay != nil || !d.isDown() {
		return false
	}
	others := d.Workers.Others(due)
	if len(others) == 0 {
		return false
	}
	taken, err := d.update(ctx, due, func(ctx context.Context, tx store.Tx, j *job.Job) (bool, error) {
		if j.Version != due.Version || j.Status != job.Scheduled {
			return false, nil
		}
		idle, err := idle(ctx, tx, others)
		if err != nil || len(idle) == 0 {
			return false, err
		}
		now := placement.Wish{Candidates: idle, Exact: true, Moment: d.Now().UnixMilli(), JobID: j.ID}
		place, err := d.Workers.Place(ctx, tx, now)
		if fault.Is(err, fault.SlotTaken) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		j.MarkLate(reason)
		j.MoveTo(place)
		return true, nil
	})
	if err != nil || taken.ID == "" {
		return false
	}
	d.Log.Warn("the worker of a job is down, another one takes it", "worker", d.Worker, "job", due.ID, "to", taken.Worker, "reason", reason)
	return true
}

// isDown reports whether nothing could start although nothing else of this service runs.
func (d *Dispatcher) isDown() bool { return d.current == nil || d.Runner.Trouble() != "" }

// idle returns the candidates on which nothing runs.
func idle(ctx context.Context, tx store.Tx, all []placement.Candidate) ([]placement.Candidate, error) {
	var failed error
	return slices.DeleteFunc(slices.Clone(all), func(c placement.Candidate) bool {
		_, runs, err := tx.RunsUntil(ctx, c.Worker, "")
		if err != nil {
			failed = err
		}
		return runs
	}), failed
}
