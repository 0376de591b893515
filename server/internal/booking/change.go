package booking

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Edit changes a scheduled job. Nil fields stay.
type Edit struct {
	Version    int64 // that the caller knows
	Prompt     *string
	Seed       *uint64
	RandomSeed bool
	Parameters workflow.Values // those named are replaced, the others stay
	Move       *When
}

// Edit edits and moves a job of the user's, all of it or nothing.
func (s *Service) Edit(ctx context.Context, by account.Actor, id string, e Edit) (job.Job, error) {
	if s.isStopping() {
		return job.Job{}, ErrStopping
	}
	return s.change(ctx, by, id, func(ctx context.Context, tx store.Tx, j *job.Job) error {
		if j.Version != e.Version {
			return fault.Newf(fault.StaleVersion, "the job was changed meanwhile (it is at version %d now): read it again", j.Version)
		}
		if j.Status != job.Scheduled {
			return j.Status.Refuses("edited")
		}
		if err := s.applyValues(j, e); err != nil {
			return err
		}
		j.Edited()
		if e.Move != nil {
			if err := s.move(ctx, tx, by.User, j, *e.Move); err != nil {
				return err
			}
		}
		if err := tx.UpdateJob(ctx, *j); err != nil {
			return err
		}
		return tx.InsertEvent(ctx, event(by, audit.Update, *j, s.Now().UnixMilli(), e.summary(*j)))
	})
}

// move books the job for another start. The owner's own choice ends whatever delay there was.
func (s *Service) move(ctx context.Context, tx store.Tx, user account.User, j *job.Job, to When) error {
	if to.Exact && to.Moment == j.Start {
		return nil
	}
	now := s.Now().UnixMilli()
	place, err := find(ctx, tx, placement.Own(*j), to, now, j.ID)
	if err != nil || place.Start == j.Start {
		return err
	}
	if err := s.mayBookAt(user, place.Start, now, to); err != nil {
		return err
	}
	j.Delay = nil
	j.MoveTo(place)
	return nil
}

// summary says what the edit was about, without the values.
func (e Edit) summary(j job.Job) string {
	var parts []string
	if e.Prompt != nil {
		parts = append(parts, "prompt")
	}
	if e.Seed != nil || e.RandomSeed {
		parts = append(parts, "seed")
	}
	parts = append(parts, slices.Sorted(maps.Keys(e.Parameters))...)
	if e.Move != nil {
		parts = append(parts, "slot, to "+moment(j.Start))
	}
	return strings.Join(parts, ", ")
}

func (s *Service) applyValues(j *job.Job, e Edit) error {
	if e.Prompt != nil {
		j.Prompt = *e.Prompt
	}
	if e.Seed == nil && !e.RandomSeed && e.Parameters == nil {
		return nil
	}
	offered, ok := s.Offers.Workflow(j.Workflow)
	if !ok {
		return fault.NoSuch("workflow", j.Workflow)
	}
	if len(e.Parameters) > 0 && j.Template != offered.TemplateHash {
		return fault.Invalid("edit.parameters", "the workflow was edited since this was booked, and the job keeps the one it was booked with: "+
			"cancel it and book again to set parameters")
	}
	seed := e.Seed
	if seed == nil && !e.RandomSeed {
		seed = &j.Seed
	}
	if err := offered.Description.Validate(seed, e.Parameters); err != nil {
		return err
	}
	j.Seed = chosen(seed, offered.Description)
	j.Parameters = maps.Clone(j.Parameters)
	maps.Copy(j.Parameters, e.Parameters)
	return nil
}

// Cancel takes a job of the user's back. A running one is only asked to stop: whoever runs it says when it has.
func (s *Service) Cancel(ctx context.Context, by account.Actor, id string) (job.Job, error) {
	return s.change(ctx, by, id, func(ctx context.Context, tx store.Tx, j *job.Job) error {
		before, now := *j, s.Now().UnixMilli()
		if err := j.Cancel(now); err != nil || j.Version == before.Version {
			return err
		}
		if err := tx.UpdateJob(ctx, *j); err != nil {
			return err
		}
		return tx.InsertEvent(ctx, event(by, audit.Cancel, *j, now, "it was "+string(before.Status)))
	})
}

func (s *Service) change(ctx context.Context, by account.Actor, id string, change func(context.Context, store.Tx, *job.Job) error) (job.Job, error) {
	var changed job.Job
	_, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		j, err := tx.Job(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return fault.NoSuch("job", id)
		}
		if err != nil {
			return err
		}
		if j.UserID != by.ID && !by.Administrator {
			return fault.New(fault.NotOwner, "the job belongs to "+j.UserName).With("owner", j.UserName)
		}
		if err := change(ctx, tx, &j); err != nil {
			return err
		}
		changed = j
		return nil
	})
	return changed, err
}

// SlotFor is how long a slot for a workflow with these inputs is, in milliseconds, on a worker or on the first that is measured.
func (s *Service) SlotFor(worker, workflow string, inputs workflow.Inputs) (id string, slot int64, err error) {
	offered, ok := s.Offers.Workflow(workflow)
	if !ok {
		return "", 0, fault.NoSuch("workflow", workflow)
	}
	candidates, err := s.candidates(worker, offered.ID, inputs)
	if err != nil {
		return "", 0, err
	}
	return candidates[0].Worker, candidates[0].Slot, nil
}
