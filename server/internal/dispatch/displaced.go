package dispatch

import (
	"context"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// goal tells how near to their own slots displaced jobs are brought: first all whose slot is free, so that the others take it from nobody.
type goal int

const (
	ownSlot  goal = iota // the very slot, on the worker that it had there
	ownStart             // its start, on any worker: its place was given away, or its worker runs nothing of its workflow any more
	soonest              // the first start from its own on, on any worker: a pause or others stand there everywhere
)

// moveBack books jobs that a wrong clock has displaced for their own slots again or, where these are not free any more, as near to them
// as can be. A job can only be overdue before its slot has begun when the clock was set back since. It goes through all scheduled jobs,
// a step at a time, after a start and after the clock was set, and reports whether there is more to go through.
func (d *Dispatcher) moveBack(ctx context.Context) bool {
	if d.misplaced == nil {
		return false
	}
	after := d.misplaced
	if *after == (store.Cursor{}) {
		after = nil
	}
	jobs, err := d.Store.ListJobs(ctx, store.Query{Worker: d.Worker, Statuses: []job.Status{job.Scheduled}, After: after, Limit: moveStep})
	if err != nil {
		d.Log.Error("cannot look for displaced jobs", "worker", d.Worker, "err", err)
		return false
	}
	displaced := slices.DeleteFunc(slices.Clone(jobs), func(j job.Job) bool { return !d.isDisplaced(j) })
	moved, err := d.move(ctx, displaced, "cannot move jobs back", func(ctx context.Context, tx store.Tx, j *job.Job) (bool, error) {
		if !d.isDisplaced(*j) {
			return false, nil
		}
		place, err := d.placeBack(ctx, tx, *j)
		if fault.Is(err, fault.SlotTaken) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if d.backTo == soonest {
			j.MoveNearer(place)
		} else {
			j.MoveBack(place)
		}
		return true, nil
	})
	if err != nil {
		return false
	}
	d.movedBack = d.movedBack || moved
	switch {
	case len(jobs) == moveStep:
		last := jobs[len(jobs)-1]
		d.misplaced = &store.Cursor{Start: last.Start, ID: last.ID}
	case d.movedBack: // it may have stood in the slot of one before it
		d.misplaced, d.movedBack = &store.Cursor{}, false
	case d.backTo < soonest:
		d.misplaced, d.backTo = &store.Cursor{}, d.backTo+1
	default:
		d.misplaced = nil
	}
	return d.misplaced != nil
}

// placeBack looks for the place that a displaced job is to have now. Where there is none the error is a fault.SlotTaken.
func (d *Dispatcher) placeBack(ctx context.Context, tx store.Tx, j job.Job) (job.Place, error) {
	wish := placement.Wish{Exact: true, Moment: j.Delay.BookedStart, JobID: j.ID}
	switch d.backTo {
	case ownSlot:
		booked := placement.Booked(j)
		if _, can := d.Workers.On(booked.Worker, j); !can && booked.Worker != j.Worker {
			return job.Place{}, fault.New(fault.SlotTaken, "its worker does not run it any more")
		}
		wish.Candidates = []placement.Candidate{booked}
	case ownStart:
		wish.Candidates = d.Workers.Of(j)
	case soonest:
		wish.Candidates = d.Workers.Of(j)
		wish.Exact, wish.Before = false, j.Start
	}
	return d.Workers.Place(ctx, tx, wish)
}

// isDisplaced reports whether the job is overdue for a slot that has yet to come.
func (d *Dispatcher) isDisplaced(j job.Job) bool {
	return j.Delay != nil && j.Delay.Kind == job.Overdue && j.Delay.BookedStart > d.Now().UnixMilli()
}
