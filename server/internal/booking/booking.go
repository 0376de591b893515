// Package booking holds the use cases of whoever books: book, edit, move, cancel. Each decides and writes in one update
// of the store, so of any number of requests for one moment exactly one wins.
package booking

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// The errors that do not depend on what was asked for.
var (
	// ErrNotReady: no duration has been measured yet.
	ErrNotReady = fault.New(fault.NotReady, "the service is still measuring how long a generation takes: try again in a moment")
	// ErrStopping: the service is about to stop.
	ErrStopping = fault.New(fault.Stopping, "the service is stopping: try again when it is back")
)

// Offers is what can be booked.
type Offers interface {
	// Workflow finds a workflow; the first one for an empty id.
	Workflow(id string) (workflow.Workflow, bool)
	// Workers are the ids of all workers, in the order of the configuration.
	Workers() []string
	// Candidates are the workers to which a job of a workflow goes that names none, in the order of the configuration.
	Candidates(workflow string) []string
}

// Config is what the use cases work with.
type Config struct {
	Store     store.Store
	Offers    Offers
	Estimator estimate.Estimator
	Limits    account.Limits
	Now       func() time.Time

	// When bookings are taken; nil stands for always.
	Stopping <-chan struct{} // not when it is closed: the service stops
	Measured func() bool     // only when something is known of how long generations take
	HasSpace func() bool     // only when they can be written down
}

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	Config
	paused chan struct{} // filled when there is a new pause
}

// New makes the use cases.
func New(c Config) *Service { return &Service{Config: c, paused: make(chan struct{}, 1)} }

// IsOpen reports whether bookings are taken.
func (s *Service) IsOpen() bool {
	return !s.isStopping() && (s.Measured == nil || s.Measured()) && (s.HasSpace == nil || s.HasSpace())
}

func (s *Service) isStopping() bool {
	select {
	case <-s.Stopping:
		return true
	default:
		return false
	}
}

// Request is a booking.
type Request struct {
	ID         string // made by the client, or empty
	Hash       []byte // of the request, to tell a repetition from a different booking with the same id
	When       When
	Prompt     string
	Seed       *uint64 // nil: random
	Parameters workflow.Values
	Workflow   string // empty: the first
	Version    string // of the workflow that the values were made for; empty: the current one
	Worker     string // empty: the one on which it ends first
}

// Current finds a workflow, the first for an empty id, at a version, any for an empty one; fault.NotFound,
// fault.StaleWorkflow.
func Current(offers Offers, id, version string) (workflow.Workflow, error) {
	offered, ok := offers.Workflow(id)
	if !ok {
		return offered, fault.NoSuch("workflow", id)
	}
	if version != "" && version != offered.TemplateHash {
		return offered, fault.New(fault.StaleWorkflow, "the workflow was changed meanwhile: read its form again").
			With("workflow_id", offered.ID).With("version", offered.TemplateHash)
	}
	return offered, nil
}

// wanted is a request with the values that it leaves to the workflow, and where it can go.
type wanted struct {
	workflow   workflow.Workflow
	inputs     workflow.Inputs
	candidates []placement.Candidate
}

// want holds a request against what is offered; fault.NotFound, fault.StaleWorkflow, fault.InvalidFields, ErrNotReady.
func (s *Service) want(r Request) (w wanted, err error) {
	if w.workflow, err = Current(s.Offers, r.Workflow, r.Version); err != nil {
		return w, err
	}
	d := w.workflow.Description
	w.inputs = workflow.Inputs{Prompt: r.Prompt, Seed: chosen(r.Seed, d), Parameters: d.Defaults(r.Parameters)}
	if w.candidates, err = s.candidates(r.Worker, w.workflow.ID, w.inputs); err != nil {
		return w, err
	}
	return w, d.Validate(&r.Prompt, r.Seed, r.Parameters)
}

// Book books a slot. A request whose id was seen before gives the job that was booked then.
func (s *Service) Book(ctx context.Context, by account.Actor, r Request) (job.Job, error) {
	if s.isStopping() {
		return job.Job{}, ErrStopping
	}
	wanted, refused := s.want(r)
	if refused != nil && r.ID == "" {
		return job.Job{}, refused
	}
	id, err := uuid.NewV7()
	if err != nil {
		return job.Job{}, fmt.Errorf("make a job id: %w", err)
	}
	var booked job.Job
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if r.ID != "" {
			earlier, err := repeated(ctx, tx, by.User, audit.Request{ID: r.ID, Hash: r.Hash})
			if err == nil || !errors.Is(err, store.ErrNotFound) {
				booked = earlier
				return err
			}
		}
		if refused != nil {
			return refused // a repetition is answered whatever has changed since
		}
		now := s.Now().UnixMilli()
		if err := s.mayBookMore(ctx, tx, by.User); err != nil {
			return err
		}
		place, err := find(ctx, tx, wanted.candidates, r.When, now, "")
		if err != nil {
			return err
		}
		if err := s.mayBookAt(by.User, place.Start, now, r.When); err != nil {
			return err
		}
		booked = job.Job{
			ID:         id.String(),
			UserID:     by.ID,
			UserName:   by.Name,
			Worker:     place.Worker,
			Workflow:   wanted.workflow.ID,
			Template:   wanted.workflow.TemplateHash,
			Status:     job.Scheduled,
			Start:      place.Start,
			Duration:   place.Duration,
			Estimate:   place.Estimate,
			Prompt:     wanted.inputs.Prompt,
			Seed:       wanted.inputs.Seed,
			Parameters: wanted.inputs.Parameters,
			Attempt:    1,
			Version:    1,
			CreatedAt:  now,
		}
		if err := tx.InsertJob(ctx, booked); err != nil {
			return err
		}
		e := event(by, audit.Book, booked, now, "at "+moment(booked.Start))
		e.Request = audit.Request{ID: r.ID, Hash: r.Hash}
		return tx.InsertEvent(ctx, e)
	})
	return booked, err
}

// repeated is the job of a request that was made before; store.ErrNotFound, fault.RequestIDReused.
func repeated(ctx context.Context, tx store.Tx, user account.User, r audit.Request) (job.Job, error) {
	id, hash, err := tx.Request(ctx, user.ID, r.ID)
	if err != nil {
		return job.Job{}, err
	}
	if !bytes.Equal(hash, r.Hash) {
		return job.Job{}, fault.Newf(fault.RequestIDReused,
			"the request id was used before for a different request, about job %s: make a new one for another request", id).With("job_id", id)
	}
	return tx.Job(ctx, id)
}

// chosen is the seed that is asked for, or a random one.
func chosen(seed *uint64, d workflow.Description) uint64 {
	if seed != nil {
		return *seed
	}
	return d.RandomSeed()
}
