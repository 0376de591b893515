package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Follow takes in what has changed in the store. It never waits. What it is not told of, the look every second finds. Every dispatcher is
// told of every job: what concerns another lane alone costs it next to nothing.
func (d *Dispatcher) Follow(changes []store.Change) {
	for i := range changes {
		for _, thing := range changes[i].Things {
			switch {
			case thing.Job != nil:
				d.noteJob(thing.Job)
			case (thing.Kind == store.PauseKind || thing.Kind == store.WorkerKind) && thing.Key == d.Worker:
				d.lookAgain()
			}
		}
	}
}

func (d *Dispatcher) noteJob(j *job.Job) {
	if (j.Worker == d.Worker || !j.Pinned && d.Workers != nil) && j.IsMovable() {
		d.noteMovable(j)
	}
	next := d.next.Load()
	isNext := next != nil && j.ID == next.ID // it may be another worker's now
	if j.Worker != d.Worker && !isNext {
		if d.bounded(j.ID) {
			d.wakeIdle() // it has gone to another worker, and left room here
		}
		return
	}
	if j.Status == job.Processing && j.CancelRequested {
		select {
		case d.written <- *j:
		default: // the look every second finds it too
		}
	}
	if next != nil && !isNext && (j.Status != job.Scheduled || j.Start >= next.Start) {
		d.wakeIdle() // what comes next is still the same, but there may be more room before it
		return
	}
	d.lookAgain()
}

// lookAgain has the loop read what comes next.
func (d *Dispatcher) lookAgain() {
	d.changed.Store(true)
	d.rouse()
}

// rouse has the loop make a pass.
func (d *Dispatcher) rouse() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// upcoming is the scheduled job whose slot comes next or is now, if there is one. It is read again only when it may have
// changed, and at each look: when a slot begins nothing is left to read.
func (d *Dispatcher) upcoming(ctx context.Context) (*job.Job, error) {
	now := d.Now().UnixMilli()
	next := d.next.Load()
	if next != nil && next.Slot().End < now {
		next, d.overdue = nil, true
	}
	if next != nil && !d.changed.Load() && time.Since(d.read) < pollInterval {
		return next, nil
	}
	d.changed.Store(false)
	d.next.Store(nil) // whatever is written from here on is looked at
	read, err := d.Store.NextScheduled(ctx, d.Worker, now)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.next.Store(&read)
	d.read = time.Now()
	return &read, nil
}
