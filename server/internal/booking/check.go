package booking

import (
	"cmp"
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
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
}

// errOnlyChecked ends an update that must write nothing.
var errOnlyChecked = errors.New("only checked")

// Check says what Book would do with a request, and changes nothing: the place it would get, and everything that can be told
// at once of what it would be refused for. The request's id does not count.
func (s *Service) Check(ctx context.Context, by account.Actor, r Request) (q Quote, problems []*fault.Error, err error) {
	refuse := func(err error) error {
		if refused, is := fault.Of(err); is && refused.Kind() != fault.Unavailable || errors.Is(err, ErrNotReady) {
			problems = append(problems, refused)
			return nil
		}
		return err
	}
	wanted, err := s.want(ctx, r)
	if err = refuse(err); err != nil || len(wanted.candidates) == 0 {
		return q, problems, err
	}
	first := wanted.candidates[0]
	q.Expected, q.Duration = first.Expected, first.Slot
	refused := len(problems) // an update may run more than once
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		problems = problems[:refused]
		now := s.Now().UnixMilli()
		if err := refuse(s.mayBookMore(ctx, tx, by.User)); err != nil {
			return err
		}
		if err := refuse(mayTake(ctx, tx, by.User, wanted.workflow, wanted.inputs, nil)); err != nil {
			return err
		}
		place, err := s.find(ctx, tx, wanted.candidates, r.When, now, "")
		if err == nil {
			err = s.mayBookAt(by.User, place.Start, now, r.When)
		}
		if err != nil {
			return cmp.Or(refuse(err), errOnlyChecked)
		}
		q = Quote{
			Slot:     schedule.NewSlot(place.Start, place.Duration),
			Worker:   place.Worker,
			Expected: place.Estimate,
			Duration: place.Duration,
		}
		return errOnlyChecked
	})
	if errors.Is(err, errOnlyChecked) {
		err = nil
	}
	return q, problems, err
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
