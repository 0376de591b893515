// Package placement finds starts: the one place that decides where on the timelines a job goes, whether it is booked,
// moved, tried again, or displaced by a pause, by a slot that passed or by a clock that was set.
package placement

import (
	"context"
	"errors"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Candidate is a worker that a job can go to, and how long it takes there.
type Candidate struct {
	Worker string
	// Files is the first moment at which the files of the job can be there, in milliseconds since the Unix epoch; 0: it takes none.
	Files int64
	estimate.Length
	// Loaded is the part of the slot for loading models, of a length as it was booked, of which nobody knows which models these are.
	Loaded int64
	// Leaves names the models that are in memory afterwards, where these are not those that it begins with.
	Leaves string
}

// Own is the worker that a job is booked on, with the length that it is booked with.
func Own(j job.Job) []Candidate {
	return []Candidate{{Worker: j.Worker, Length: estimate.Length{Expected: j.Estimate, Slot: j.Duration, Basis: j.Basis}, Loaded: j.Load}}
}

// Booked is the worker that a delayed job was booked on first, with the length that it had there as far as that is known.
func Booked(j job.Job) Candidate {
	c := Own(j)[0]
	c.Worker = j.Home()
	if d := j.Delay; d != nil && d.BookedSlot > 0 {
		c.Expected, c.Slot, c.Loaded = d.BookedEstimate, d.BookedSlot, d.BookedLoad
	}
	return c
}

// Wish restricts where a job may go.
type Wish struct {
	Candidates []Candidate // at least one, in the order of the configuration
	Exact      bool
	Moment     int64  // the start if Exact, else the earliest start
	Before     int64  // a start that is free to choose must be earlier; 0: any will do
	JobID      string // of a job that has a slot already, which is not in its own way; empty: it has none
	// Earliest returns the first start that a worker can keep, in milliseconds since the Unix epoch, where the start is free to choose;
	// nil: any.
	Earliest func(worker string) int64

	workers *Workers // know what the jobs beside it load; nil: nobody minds
}

// Place finds the start that a wish allows and lets the job end first; of several that end together it takes the
// candidate that has the models loaded, and then the one named first. An exact start goes to a candidate that is free then; when none
// is, the error is a fault.SlotTaken that names what is in the way on the first candidate, and the earliest next free start of all. Where
// the start is free to choose there is always one: after the slots of others, after pauses, and after the time that running
// jobs are still expected to take. When it would not be before the wish's Before, the error is a fault.SlotTaken, too.
//
// Who causes a load pays: where the run before has other models the slot is longer by the load, and where the job after it would have
// to load its own again that one must have room to grow, which it then does.
//
// An exact start is free only where the files of the job can be by then.
//
// It must be called in the update that writes the job: only there nothing else can take the place meanwhile. The job is written by
// Rewrite when it had another place before. Of nil it minds no loads.
func (all *Workers) Place(ctx context.Context, tx store.Tx, w Wish) (job.Place, error) {
	w.workers = all
	if len(w.Candidates) == 0 {
		return job.Place{}, errors.New("there is no worker to place a job on")
	}
	best, found, err := w.best(ctx, tx)
	if err != nil {
		return job.Place{}, err
	}
	if !found {
		return job.Place{}, taken(ctx, tx, &w)
	}
	if w.Before > 0 && best.start >= w.Before {
		return job.Place{}, fault.New(fault.SlotTaken, "there is no earlier start")
	}
	if best.follow != nil {
		if err := tx.UpdateJob(ctx, *best.follow); err != nil {
			return job.Place{}, err
		}
	}
	return best.place(), nil
}

// best finds the spot on which the job ends first. Each is first taken as if nothing ran there and nothing had to be loaded, which costs
// next to nothing: what cannot end sooner even so is not looked at closer, so that of many workers few are.
func (w *Wish) best(ctx context.Context, tx store.Tx) (best spot, found bool, err error) {
	hopes := make([]hope, 0, len(w.Candidates))
	for i := range w.Candidates {
		c := &w.Candidates[i]
		start, free, err := w.fits(ctx, tx, c)
		if err != nil {
			return best, false, err
		}
		if free {
			hopes = append(hopes, hope{i, start, start + c.Slot})
		}
	}
	var bestOf int // its candidate's place in the wish
	for len(hopes) > 0 {
		at := soonest(hopes)
		h, fits := hopes[at], true
		s := w.hoped(h)
		hopes = slices.Delete(hopes, at, at+1)
		if !w.Exact {
			if s.start, err = w.nextFree(ctx, tx, &s.Candidate); err != nil {
				return best, false, err
			}
		}
		if w.minds(s.Models) {
			if w.Exact {
				s, fits, _, err = w.at(ctx, tx, s.Candidate, s.start)
			} else {
				s, err = w.next(ctx, tx, s.Candidate, s.start)
			}
			if err != nil {
				return best, false, err
			}
		}
		if !fits || found && (s.end() > best.end() || s.end() == best.end() && !goesFirst(s.warm, h.candidate, best.warm, bestOf)) {
			continue
		}
		best, bestOf, found = s, h.candidate, true
		hopes = slices.DeleteFunc(hopes, func(h hope) bool { return !w.mayBeat(h, &best, bestOf) })
	}
	return best, found, nil
}

// hope is the best that can be hoped for on a candidate.
type hope struct {
	candidate  int // its place in the wish
	start, end int64
}

func (w *Wish) hoped(h hope) spot { return spot{Candidate: w.Candidates[h.candidate], start: h.start} }

// soonest returns the place of the hope that ends first, of several the first one. There is at least one.
func soonest(hopes []hope) (at int) {
	for i := range hopes {
		if hopes[i].end < hopes[at].end {
			at = i
		}
	}
	return at
}

// mayBeat reports whether what is hoped for could be better than the best that was found.
func (w *Wish) mayBeat(h hope, best *spot, bestOf int) bool {
	if end := best.end(); h.end != end {
		return h.end < end
	}
	return goesFirst(w.minds(w.Candidates[h.candidate].Models), h.candidate, best.warm, bestOf)
}

// goesFirst reports whether of two spots that end together the first one is taken: each is told by whether it is warm, and by its
// candidate's place in the wish.
func goesFirst(warm bool, of int, other bool, than int) bool {
	if warm != other {
		return warm
	}
	return of < than
}

// fits is the start on one candidate, if there is one; one that is free to choose as if nothing ran.
func (w *Wish) fits(ctx context.Context, tx store.Tx, c *Candidate) (start int64, free bool, err error) {
	if w.Exact {
		if c.Files > w.Moment {
			return w.Moment, false, nil
		}
		_, blocked, err := tx.Blocking(ctx, c.Worker, schedule.NewSlot(w.Moment, c.Slot), w.JobID)
		return w.Moment, !blocked, err
	}
	start, err = tx.NextFree(ctx, c.Worker, w.from(c), c.Slot, w.JobID)
	return start, true, err
}

// from is the first start at or after the moment that a candidate can keep.
func (w *Wish) from(c *Candidate) int64 {
	from := max(w.Moment, c.Files)
	if w.Earliest != nil {
		from = max(from, w.Earliest(c.Worker))
	}
	return from
}

// nextFree is the earliest start on a candidate at or after the moment.
func (w *Wish) nextFree(ctx context.Context, tx store.Tx, c *Candidate) (int64, error) {
	from := w.from(c)
	until, runs, err := tx.RunsUntil(ctx, c.Worker, w.JobID)
	if err != nil {
		return 0, err
	}
	if runs {
		from = max(from, until+1)
	}
	return tx.NextFree(ctx, c.Worker, from, c.Slot, w.JobID)
}

// toAnswer is the time, in milliseconds, for which the start that is offered because of files holds: the files are not sent before
// somebody takes it.
const toAnswer = 10_000

// taken is the error for an exact start that no candidate has.
func taken(ctx context.Context, tx store.Tx, w *Wish) error {
	conflict, err := inTheWay(ctx, tx, w, w.Candidates[0])
	if err != nil {
		return err
	}
	for i, c := range w.Candidates {
		if c.Files > w.Moment {
			c.Files += toAnswer
		}
		next, err := w.nextFree(ctx, tx, &c)
		if err == nil && w.minds(c.Models) {
			var s spot
			s, err = w.next(ctx, tx, c, next)
			next = s.start
		}
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
func inTheWay(ctx context.Context, tx store.Tx, w *Wish, c Candidate) (fault.SlotConflict, error) {
	slot := schedule.NewSlot(w.Moment, c.Slot)
	id, blocked, err := tx.Blocking(ctx, c.Worker, slot, w.JobID)
	if err != nil {
		return fault.SlotConflict{}, err
	}
	if !blocked && c.Files > w.Moment {
		return fault.SlotConflict{Slot: slot, FilesAt: c.Files, FilesWorker: c.Worker}, nil
	}
	if !blocked { // it does not hold the load, its own or the one that it forces on the next
		behind, err := w.behind(ctx, tx, c.Worker, w.Moment)
		if err != nil || behind == nil {
			return fault.SlotConflict{Slot: slot}, err
		}
		id = behind.ID
	}
	if id == store.PauseID {
		pause, _, err := tx.Pause(ctx, c.Worker)
		return fault.SlotConflict{UserName: pause.UserName, Slot: pause.Slot, Pause: true, PauseReason: pause.Reason}, err
	}
	blocking, err := tx.Job(ctx, id)
	return fault.SlotConflict{JobID: id, UserName: blocking.UserName, Slot: blocking.Slot()}, err
}
