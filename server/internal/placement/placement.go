// Package placement finds starts: the one place that decides where on the timelines a job goes, whether it is booked,
// moved, tried again, or displaced by a pause, by a slot that passed or by a clock that was set.
package placement

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Candidate is a worker that a job can go to, and how long it takes there.
type Candidate struct {
	Worker string
	// Earliest is the first start that the worker can keep, in milliseconds since the Unix epoch, where the start is free to choose.
	Earliest int64
	estimate.Length
}

// Own is the worker that a job is booked on, with the length that it is booked with.
func Own(j job.Job) []Candidate {
	return []Candidate{{Worker: j.Worker, Length: estimate.Length{Expected: j.Estimate, Slot: j.Duration, Basis: j.Basis}}}
}

// Wish restricts where a job may go.
type Wish struct {
	Candidates []Candidate // at least one, in the order of the configuration
	Exact      bool
	Moment     int64  // the start if Exact, else the earliest start
	JobID      string // of a job that has a slot already, which is not in its own way; empty: it has none
}

// Place finds the start that a wish allows and lets the job end first; of several that end together it takes the
// candidate named first. An exact start goes to a candidate that is free then; when none is, the error is a
// fault.SlotTaken that names what is in the way on the first candidate, and the earliest next free start of all. Where the
// start is free to choose there is always one: after the slots of others, after pauses, and after the time that running
// jobs are still expected to take.
//
// It must be called in the update that writes the job: only there nothing else can take the place meanwhile.
func Place(ctx context.Context, tx store.Tx, w Wish) (job.Place, error) {
	if len(w.Candidates) == 0 {
		return job.Place{}, errors.New("there is no worker to place a job on")
	}
	var best *job.Place
	for _, c := range w.Candidates {
		start, free, err := fits(ctx, tx, w, c)
		if err != nil {
			return job.Place{}, err
		}
		if free && (best == nil || start+c.Slot < best.Start+best.Duration) {
			best = &job.Place{Worker: c.Worker, Start: start, Duration: c.Slot, Estimate: c.Expected, Basis: c.Basis}
		}
	}
	if best == nil {
		return job.Place{}, taken(ctx, tx, w)
	}
	return *best, nil
}

// fits is the start on one candidate, if there is one.
func fits(ctx context.Context, tx store.Tx, w Wish, c Candidate) (start int64, free bool, err error) {
	if w.Exact {
		_, blocked, err := tx.Blocking(ctx, c.Worker, schedule.NewSlot(w.Moment, c.Slot), w.JobID)
		return w.Moment, !blocked, err
	}
	start, err = nextFree(ctx, tx, w, c)
	return start, true, err
}

// nextFree is the earliest start on a candidate at or after the moment.
func nextFree(ctx context.Context, tx store.Tx, w Wish, c Candidate) (int64, error) {
	running, err := tx.Running(ctx, c.Worker)
	if err != nil {
		return 0, err
	}
	from := max(w.Moment, c.Earliest)
	for _, j := range running {
		if j.ID != w.JobID {
			from = max(from, j.ExpectedEnd()+1)
		}
	}
	return tx.NextFree(ctx, c.Worker, from, c.Slot, w.JobID)
}

// taken is the error for an exact start that no candidate has.
func taken(ctx context.Context, tx store.Tx, w Wish) error {
	conflict, err := inTheWay(ctx, tx, w, w.Candidates[0])
	if err != nil {
		return err
	}
	for i, c := range w.Candidates {
		next, err := nextFree(ctx, tx, w, c)
		if err != nil {
			return err
		}
		if i == 0 || next < conflict.NextFree {
			conflict.NextFree, conflict.NextFreeWorker = next, c.Worker
		}
	}
	return fault.Taken(conflict)
}

// inTheWay names the job or the pause that keeps a candidate from the exact start.
func inTheWay(ctx context.Context, tx store.Tx, w Wish, c Candidate) (fault.SlotConflict, error) {
	id, _, err := tx.Blocking(ctx, c.Worker, schedule.NewSlot(w.Moment, c.Slot), w.JobID)
	if err != nil {
		return fault.SlotConflict{}, err
	}
	if id == store.PauseID {
		pause, _, err := tx.Pause(ctx, c.Worker)
		return fault.SlotConflict{UserName: pause.UserName, Slot: pause.Slot, Pause: true, PauseReason: pause.Reason}, err
	}
	blocking, err := tx.Job(ctx, id)
	return fault.SlotConflict{JobID: id, UserName: blocking.UserName, Slot: blocking.Slot()}, err
}
