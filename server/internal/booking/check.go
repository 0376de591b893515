package booking

import (
	"cmp"
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Quote tells the outcome that a booking would have.
type Quote struct {
	Slot     schedule.Slot // with Worker
	Worker   string        // empty: the problems leave no place
	Expected int64         // milliseconds of the generation; 0: not known
	Duration int64         // milliseconds of the slot; 0: not known
	Load     int64         // milliseconds of the slot that are for loading models
	Basis    estimate.Basis
	Use      Use // of the job's owner with it; with Worker
}

func quoteOf(j job.Job) Quote {
	return Quote{
		Slot:     j.Slot(),
		Worker:   j.Worker,
		Expected: j.Estimate,
		Duration: j.Duration,
		Load:     j.Load,
		Basis:    j.Basis,
	}
}

// lengthOf tells what there is to tell where there is no place.
func lengthOf(c placement.Candidate) Quote {
	return Quote{Expected: c.Expected, Duration: c.Slot, Basis: c.Basis}
}

// errOnlyChecked ends an update that must write nothing.
var errOnlyChecked = errors.New("only checked")

// check runs what would be done in an update, and takes it back.
func (s *Service) check(ctx context.Context, try func(context.Context, store.Tx) error) error {
	_, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return cmp.Or(try(ctx, tx), errOnlyChecked) })
	if errors.Is(err, errOnlyChecked) {
		return nil
	}
	return err
}

// problems gathers what a booking would be refused for.
type problems []*fault.Error

// add notes a refusal, and returns every other error.
func (p *problems) add(err error) error {
	if refused, is := fault.Of(err); is && refused.Kind() != fault.Unavailable || errors.Is(err, ErrNotReady) {
		*p = append(*p, refused)
		return nil
	}
	return err
}

// Check says what Book would do with a request, and changes nothing: the place it would get, and everything that can be told
// at once of what it would be refused for. The request's id does not count. With a job it says what Edit would do: fault.NotFound,
// fault.NotOwner.
func (s *Service) Check(ctx context.Context, by account.Actor, r Request) (Quote, []*fault.Error, error) {
	if r.JobID != "" {
		return s.checkEdit(ctx, by, r)
	}
	var found problems
	wanted, err := s.want(ctx, r)
	if err = found.add(err); err != nil || len(wanted.candidates) == 0 {
		return Quote{}, found, err
	}
	q := lengthOf(wanted.candidates[0])
	refused := len(found) // an update may run more than once
	err = s.check(ctx, func(ctx context.Context, tx store.Tx) error {
		found = found[:refused]
		now := s.Now().UnixMilli()
		if err := found.add(s.mayBookMore(ctx, tx, by.User, 1)); err != nil {
			return err
		}
		if err := found.add(mayTake(ctx, tx, by.User, wanted.workflow, wanted.inputs, nil)); err != nil {
			return err
		}
		candidates, err := s.fitting(ctx, tx, wanted.candidates, wanted.workflow.ID, wanted.inputs, now)
		if err := found.add(err); err != nil {
			return err
		}
		place, err := s.find(ctx, tx, candidates, r.When, now, "")
		if err == nil {
			err = s.mayBookAt(by.User, place.Start, now, r.When)
		}
		if err != nil {
			return found.add(err)
		}
		j := newJob(by, r, wanted, place, now)
		if err := found.add(s.mayUse(ctx, tx, by.User, j, nil)); err != nil {
			return err
		}
		q = quoteOf(j)
		q.Use, err = s.use(ctx, tx, j)
		return err
	})
	return q, found, err
}

// checkEdit says what Edit would do with a job.
func (s *Service) checkEdit(ctx context.Context, by account.Actor, r Request) (q Quote, _ []*fault.Error, err error) {
	var found problems
	err = s.check(ctx, func(ctx context.Context, tx store.Tx) error {
		found = nil
		j, err := owned(ctx, tx, by, r.JobID)
		if err != nil {
			return err
		}
		if j.Status != job.Scheduled {
			return found.add(j.Status.Refuses("edited"))
		}
		e, had := Edit{Inputs: r.Inputs, Move: &r.When, Worker: r.Worker}, j.Inputs
		if err := found.add(s.applyValues(ctx, tx, by.User, &j, e)); err != nil {
			return err
		}
		q = lengthOf(s.own(j)[0])
		if err := s.place(ctx, tx, by.User, &j, had, e); err != nil {
			if err := found.add(err); err != nil || !fault.Is(found[len(found)-1], fault.TooMuchTime) {
				return err
			}
		}
		q = quoteOf(j)
		q.Use, err = s.use(ctx, tx, j)
		return err
	})
	return q, found, err
}

// Lengths returns the workers on which a workflow can be booked, or the one that is named, each with how long a slot for it is;
// fault.NotFound, fault.NotBookable, fault.InvalidFields, ErrNotReady. inputs may be incomplete.
func (s *Service) Lengths(ctx context.Context, worker, workflowID string, inputs workflow.Values) ([]placement.Candidate, error) {
	offered, err := s.Offers.Offer(ctx, workflowID, "")
	if err != nil {
		return nil, err
	}
	if err := offered.Check(inputs); err != nil {
		return nil, err
	}
	return s.candidates(worker, offered.ID, offered.Complete(inputs, random))
}
