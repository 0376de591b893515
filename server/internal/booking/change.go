package booking

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Edit changes a scheduled job. Nil fields stay.
type Edit struct {
	Version int64           // that the caller knows
	Inputs  workflow.Values // those named are replaced, the others stay
	Reset   []string        // inputs that are set as if the booking had left them out
	Move    *When
	Worker  string        // with Move: where to, and to stay; empty: where it is, or where it may go
	Request audit.Request // that asks for it
}

// changesValues reports whether the edit is about more than the place.
func (e Edit) changesValues() bool { return len(e.Inputs)+len(e.Reset) > 0 }

// Edit edits and moves a job of the user's, all of it or nothing. A request whose id was seen before gives the job as it is.
func (s *Service) Edit(ctx context.Context, by account.Actor, id string, e Edit) (Changed, error) {
	if s.isStopping() {
		return Changed{}, ErrStopping
	}
	return s.change(ctx, by, id, func(ctx context.Context, tx store.Tx, j *job.Job) error {
		if e.Request.ID != "" {
			earlier, err := repeated(ctx, tx, by.User, e.Request)
			if err == nil || !errors.Is(err, store.ErrNotFound) {
				*j = earlier
				return err
			}
		}
		if j.Version != e.Version {
			return stale(*j)
		}
		if j.Status != job.Scheduled {
			return j.Status.Refuses("edited")
		}
		return s.edit(ctx, tx, by, j, e)
	})
}

// edit changes a job that is scheduled, and notes it.
func (s *Service) edit(ctx context.Context, tx store.Tx, by account.Actor, j *job.Job, e Edit) error {
	was, had := *j, j.Inputs
	if err := s.applyValues(ctx, tx, by.User, j, e); err != nil {
		return err
	}
	j.Edited()
	if err := s.place(ctx, tx, by.User, j, had, e); err != nil {
		return err
	}
	if err := s.workers().Rewrite(ctx, tx, was, *j); err != nil {
		return err
	}
	if err := take(ctx, tx, *j, had, s.Now().UnixMilli()); err != nil {
		return err
	}
	made := event(by, audit.Update, *j, s.Now().UnixMilli(), e.summary(*j))
	made.Request = e.Request
	return tx.InsertEvent(ctx, made)
}

// summary says what the edit was about, without the values.
func (e Edit) summary(j job.Job) string {
	parts := slices.Sorted(maps.Keys(e.Inputs))
	for _, name := range e.Reset {
		parts = append(parts, name+" as at first")
	}
	if e.Move != nil {
		parts = append(parts, "slot, to "+moment(j.Start))
	}
	return strings.Join(parts, ", ")
}

func (s *Service) applyValues(ctx context.Context, tx store.Tx, user account.User, j *job.Job, e Edit) error {
	if !e.changesValues() {
		return nil
	}
	offered, err := s.Offers.Offer(ctx, j.Workflow, "")
	if err != nil {
		return err
	}
	if j.WorkflowVersion != offered.Hash && !e.isOfEveryVersion() {
		return fault.Invalid("inputs", "the workflow was edited since this was booked, and the job keeps the one it was booked with: "+
			"cancel it and book again to set anything but prompt and seed")
	}
	values, err := e.values(offered)
	if err != nil {
		return err
	}
	if err := offered.Check(values); err != nil {
		return err
	}
	if err := mayTake(ctx, tx, user, offered, values, j.Inputs); err != nil {
		return err
	}
	if _, err := s.fitting(ctx, tx, s.own(*j), j.Workflow, values, 0); err != nil {
		return err
	}
	j.Inputs = maps.Clone(j.Inputs)
	maps.Copy(j.Inputs, values)
	return nil
}

// isOfEveryVersion reports whether only inputs are set that mean the same in every version of a workflow.
func (e Edit) isOfEveryVersion() bool {
	for _, name := range slices.AppendSeq(slices.Clone(e.Reset), maps.Keys(e.Inputs)) {
		if name != workflow.PromptInput && name != workflow.SeedInput {
			return false
		}
	}
	return true
}

// values returns the values that the edit sets, with those that the workflow sets where the edit asks for that;
// fault.InvalidFields.
func (e Edit) values(offered workflow.Offer) (workflow.Values, error) {
	var wrong fault.Fields
	values := workflow.Values{}
	maps.Copy(values, e.Inputs)
	initial := offered.Complete(nil, random)
	for i, name := range e.Reset {
		if value, is := initial[name]; is {
			values[name] = value
		} else {
			wrong.Add("reset_inputs", strconv.Itoa(i), "the workflow has no input with a default that is called "+strconv.Quote(name))
		}
	}
	return values, wrong.Err()
}

// Cancel takes a job of the user's back. A running one is only asked to stop: whoever runs it says when it has.
// version is the one that the caller knows; 0: any.
func (s *Service) Cancel(ctx context.Context, by account.Actor, id string, version int64) (Changed, error) {
	return s.change(ctx, by, id, func(ctx context.Context, tx store.Tx, j *job.Job) error {
		if version != 0 && version != j.Version {
			return stale(*j)
		}
		before, now := *j, s.Now().UnixMilli()
		if err := j.Cancel(now); err != nil || j.Version == before.Version {
			return err
		}
		if err := s.workers().Rewrite(ctx, tx, before, *j); err != nil {
			return err
		}
		return tx.InsertEvent(ctx, event(by, audit.Cancel, *j, now, "it was "+string(before.Status)))
	})
}

func (s *Service) change(
	ctx context.Context, by account.Actor, id string, change func(context.Context, store.Tx, *job.Job) error,
) (Changed, error) {
	var changed job.Job
	revision, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		j, err := owned(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if err := change(ctx, tx, &j); err != nil {
			return err
		}
		changed = j
		return nil
	})
	return Changed{changed, revision}, err
}

// owned reads a job that somebody may change; fault.NotFound, fault.NotOwner.
func owned(ctx context.Context, tx store.Tx, by account.Actor, id string) (job.Job, error) {
	j, err := tx.Job(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return j, fault.NoSuch("job", id)
	}
	if err != nil {
		return j, err
	}
	return j, isOwned(by, j)
}

// isOwned refuses somebody who may not change a job; fault.NotOwner.
func isOwned(by account.Actor, j job.Job) error {
	if j.UserID == by.ID || by.Administrator {
		return nil
	}
	return fault.New(fault.NotOwner, "the job belongs to "+j.UserName).With("owner", j.UserName)
}

func stale(j job.Job) error {
	return fault.Newf(fault.StaleVersion, "the job was changed meanwhile (it is at version %d now): read it again", j.Version)
}
