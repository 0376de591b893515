package booking

import (
	"context"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// place gives a job that is edited the place and the length that it is to have. had are the values that it had before. The owner's
// own choice ends whatever delay there was, and decides whether the job may start earlier than its slot, and on which worker.
func (s *Service) place(ctx context.Context, tx store.Tx, user account.User, j *job.Job, had workflow.Values, e Edit) error {
	before := *j
	if e.Move != nil && !(e.Move.Exact && e.Move.Moment == j.Start && (e.Worker == "" || e.Worker == j.Worker)) {
		if err := s.move(ctx, tx, user, j, e); err != nil {
			return err
		}
	} else if e.changesValues() {
		if err := s.resize(ctx, tx, j, had); err != nil {
			return err
		}
	}
	if e.Move != nil {
		j.Sooner, j.Pinned = e.Move.IsPromise(s.Now().UnixMilli()), j.Pinned || e.Worker != ""
	}
	j.Promised = j.Start
	return s.mayUse(ctx, tx, user, *j, &before)
}

// move books the job for another start, or on another worker, with the length that it has there.
func (s *Service) move(ctx context.Context, tx store.Tx, user account.User, j *job.Job, e Edit) error {
	now := s.Now().UnixMilli()
	found, err := s.placeToMoveTo(ctx, tx, *j, *e.Move, e.Worker, now)
	switch {
	case err != nil:
		return err
	case found.Start == j.Start && found.Worker == j.Worker:
		if e.changesValues() {
			j.Resize(found)
		}
		return nil
	}
	if err := s.mayBookAt(user, found.Start, now, *e.Move); err != nil {
		return err
	}
	j.Delay = nil
	j.MoveTo(found)
	return nil
}

// placeToMoveTo finds a place for a job that is moved: on the worker that is named now or was before, else on any that can run it,
// where an exact start on its own goes before others.
func (s *Service) placeToMoveTo(ctx context.Context, tx store.Tx, j job.Job, to When, worker string, now int64) (job.Place, error) {
	if worker != "" && worker != j.Worker {
		candidates, err := s.candidates(worker, j.Workflow, j.Inputs)
		if err != nil {
			return job.Place{}, err
		}
		if candidates, err = s.fitting(ctx, tx, candidates, j.Workflow, j.Inputs, now); err != nil {
			return job.Place{}, err
		}
		return s.find(ctx, tx, candidates, to, now, j.ID)
	}
	own := s.handed(ctx, tx, s.own(j), j, now)
	if worker != "" || j.Pinned {
		return s.find(ctx, tx, own, to, now, j.ID)
	}
	if to.Exact {
		if place, err := s.find(ctx, tx, own, to, now, j.ID); !fault.Is(err, fault.SlotTaken) {
			return place, err
		}
	}
	return s.find(ctx, tx, s.handed(ctx, tx, s.anywhere(j), j, now), to, now, j.ID)
}

// resize makes the slot of a job whose values have changed as long as they need, where it is. fault.SlotTaken when it is not free
// for so long, with the next start that is, on any worker that the job may go to.
func (s *Service) resize(ctx context.Context, tx store.Tx, j *job.Job, had workflow.Values) error {
	before, _ := s.Estimator.Estimate(j.Worker, j.Workflow, had)
	length, known := s.Estimator.Estimate(j.Worker, j.Workflow, j.Inputs)
	sameFiles := slices.Equal(had.Assets(), j.Inputs.Assets())
	if !known || length == before && sameFiles { // values that do not matter: what was booked holds
		return nil
	}
	now := s.Now().UnixMilli()
	own := s.own(*j)
	if !sameFiles {
		own = s.handed(ctx, tx, own, *j, now)
	}
	wish := placement.Wish{
		Candidates: own,
		Exact:      true,
		Moment:     j.Start,
		JobID:      j.ID,
		Earliest:   s.earliest(now),
	}
	found, err := s.workers().Place(ctx, tx, wish)
	if err == nil {
		j.Resize(found)
		return nil
	}
	conflict, taken := fault.ConflictOf(err)
	if !taken || j.Pinned {
		return err
	}
	other, otherErr := s.find(ctx, tx, s.handed(ctx, tx, s.anywhere(*j), *j, now), When{Moment: j.Start}, now, j.ID)
	if otherErr != nil || other.Start >= conflict.NextFree {
		return err
	}
	offer := *conflict
	offer.NextFree, offer.NextFreeWorker = other.Start, other.Worker
	return fault.Taken(offer)
}

// handed is fitting for a job that is booked: where no worker takes its files any more it may stay.
func (s *Service) handed(ctx context.Context, tx store.Tx, candidates []placement.Candidate, j job.Job, now int64) []placement.Candidate {
	if found, err := s.fitting(ctx, tx, candidates, j.Workflow, j.Inputs, now); err == nil {
		return found
	}
	return candidates
}

// own is the worker that a job is booked on, with the time that it takes there as far as it is known now.
func (s *Service) own(j job.Job) []placement.Candidate { return s.workers().Own(j) }

// anywhere is all workers that a job may go to, its own first.
func (s *Service) anywhere(j job.Job) []placement.Candidate {
	all := s.own(j)
	others, err := s.candidates("", j.Workflow, j.Inputs)
	if err != nil { // it can stay where it is
		return all
	}
	return append(all, slices.DeleteFunc(others, func(c placement.Candidate) bool { return c.Worker == j.Worker })...)
}
