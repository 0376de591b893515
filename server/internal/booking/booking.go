// Package booking holds the use cases of whoever books: book, edit, move, cancel. Each decides and writes in one update
// of the store, so of any number of requests for one moment exactly one wins.
package booking

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
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
	ErrNotReady = placement.ErrNotReady
	// ErrStopping: the service is about to stop.
	ErrStopping = fault.New(fault.Stopping, "the service is stopping: try again when it is back")
)

// Offers tells which workflows can be booked on which workers.
type Offers interface {
	// Workers returns the ids of all workers, in the order of the configuration.
	Workers() []string
	// Offer returns a workflow with its form, the first one for an empty id; fault.NotFound, fault.NotBookable when its form is not
	// known yet, fault.StaleWorkflow when a version is named that is not the current one.
	Offer(ctx context.Context, id, version string) (workflow.Offer, error)
	// Bookable says why nothing can be booked of a workflow: fault.NotFound, fault.NotBookable; nil when it can.
	Bookable(id string) error
	// Keep sees to it that a version can be read for as long as there are jobs of it.
	Keep(ctx context.Context, v *workflow.Version) error
	// Candidates returns the workers on which a job of a workflow may be booked, in the order of the configuration, each with the
	// workflow as On has it; the one that is named when there is a name. fault.NotFound, fault.NotBookable.
	Candidates(workflow, worker string) ([]workflow.There, error)
	// On returns a workflow as a worker offers it, which may have other models to choose from; false when that is not known.
	On(worker, id string) (workflow.Offer, bool)
}

// Config holds the parts that the use cases work with.
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

	// Lead returns the time that a worker needs before it can start a job, in milliseconds: what nobody has booked has to make way
	// there. It is no reason to refuse an exact start. Nil: none does.
	Lead func(worker string) int64
	// Transfer returns the time until files are where a worker finds them, by their sizes in bytes, in milliseconds. An exact start
	// before that is refused. Nil: none.
	Transfer func(worker string, files map[string]int64) int64
	// Models remembers which models are in play; whoever else places jobs shares it. Nil: nobody else does.
	Models *placement.Models
}

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	Config
	paused chan struct{} // filled when there is a new pause
	recall atomic.Bool   // which models are in play, of what was booked before
}

// New makes the use cases.
func New(c Config) *Service {
	if c.Models == nil {
		c.Models = &placement.Models{}
	}
	s := &Service{Config: c, paused: make(chan struct{}, 1)}
	s.recall.Store(true)
	return s
}

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
	ID       string // made by the client, or empty
	Hash     []byte // of the request, to tell a repetition from a different booking with the same id
	When     When
	Inputs   workflow.Values
	Workflow string // empty: the first
	Version  string // of the workflow that the values were made for; empty: the current one
	Worker   string // empty: the one on which it ends first
	JobID    string // of a check: the job that would be changed; empty: it would be booked
}

// wanted is a request with the values that it leaves to the workflow, and where it can go.
type wanted struct {
	id         string // of the job
	workflow   workflow.Offer
	inputs     workflow.Values // complete
	candidates []placement.Candidate
}

// want holds a request against what is offered; fault.NotFound, fault.StaleWorkflow, fault.NotBookable, fault.InvalidFields,
// ErrNotReady.
func (s *Service) want(ctx context.Context, r Request) (w wanted, err error) {
	if w.workflow, err = s.Offers.Offer(ctx, r.Workflow, r.Version); err != nil {
		return w, err
	}
	if err = s.Offers.Bookable(w.workflow.ID); err != nil {
		return w, err
	}
	w.inputs = w.workflow.Complete(r.Inputs, random)
	w.candidates, err = s.candidates(r.Worker, w.workflow.ID, w.inputs)
	if len(w.candidates) == 0 {
		return w, err
	}
	if there, known := s.Offers.On(w.candidates[0].Worker, w.workflow.ID); known && err == nil && there.Hash == w.workflow.Hash {
		w.workflow = there
	}
	if invalid := w.workflow.Validate(r.Inputs); invalid != nil {
		return w, invalid
	}
	return w, err
}

// Changed is a job after a change, and a revision of the log of changes at which it is so.
type Changed struct {
	job.Job
	Revision store.Revision
}

// Book books a slot. A request whose id was seen before gives the job that was booked then.
func (s *Service) Book(ctx context.Context, by account.Actor, r Request) (Changed, error) {
	if s.isStopping() {
		return Changed{}, ErrStopping
	}
	wanted, refused := s.want(ctx, r)
	if refused != nil && r.ID == "" {
		return Changed{}, refused
	}
	if refused == nil {
		if err := s.Offers.Keep(ctx, wanted.workflow.Version); err != nil {
			return Changed{}, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Changed{}, fmt.Errorf("make a job id: %w", err)
	}
	wanted.id = id.String()
	var booked job.Job
	revision, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
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
		booked, err = s.insert(ctx, tx, by, r, wanted)
		return err
	})
	return Changed{booked, revision}, err
}

// insert finds a slot for what is wanted, within the limits of whoever wants it, and books it, in an update of the store.
func (s *Service) insert(ctx context.Context, tx store.Tx, by account.Actor, r Request, w wanted) (booked job.Job, err error) {
	now := s.Now().UnixMilli()
	if err := s.mayBookMore(ctx, tx, by.User, 1); err != nil {
		return booked, err
	}
	if booked, err = s.fit(ctx, tx, by, r, w, now); err != nil {
		return booked, err
	}
	if err := s.write(ctx, tx, by, booked, now); err != nil {
		return booked, err
	}
	e := event(by, audit.Book, booked, now, "at "+moment(booked.Start))
	e.Request = audit.Request{ID: r.ID, Hash: r.Hash}
	return booked, tx.InsertEvent(ctx, e)
}

// fit makes the job that is wanted, at the place that it gets.
func (s *Service) fit(ctx context.Context, tx store.Tx, by account.Actor, r Request, w wanted, now int64) (job.Job, error) {
	if err := mayTake(ctx, tx, by.User, w.workflow, w.inputs, nil); err != nil {
		return job.Job{}, err
	}
	candidates, err := s.fitting(ctx, tx, w.candidates, w.workflow.ID, w.inputs, now)
	if err != nil {
		return job.Job{}, err
	}
	place, err := s.find(ctx, tx, candidates, r.When, now, "")
	if err != nil {
		return job.Job{}, err
	}
	return newJob(by, r, w, place, now), s.mayBookAt(by.User, place.Start, now, r.When)
}

// write books a job, if its owner may have so much time.
func (s *Service) write(ctx context.Context, tx store.Tx, by account.Actor, j job.Job, now int64) error {
	if err := s.mayUse(ctx, tx, by.User, j, nil); err != nil {
		return err
	}
	if err := tx.InsertJob(ctx, j); err != nil {
		return err
	}
	return take(ctx, tx, j, nil, now)
}

// newJob makes a job of what is wanted.
func newJob(by account.Actor, r Request, w wanted, place job.Place, now int64) job.Job {
	return job.Job{
		ID:              w.id,
		UserID:          by.ID,
		UserName:        by.Name,
		Worker:          place.Worker,
		Workflow:        w.workflow.ID,
		WorkflowVersion: w.workflow.Hash,
		Status:          job.Scheduled,
		Start:           place.Start,
		Duration:        place.Duration,
		Estimate:        place.Estimate,
		Load:            place.Load,
		Basis:           place.Basis,
		Sooner:          r.When.IsPromise(now),
		Pinned:          r.Worker != "",
		Promised:        place.Start,
		Inputs:          w.inputs,
		Attempt:         1,
		Version:         1,
		CreatedAt:       now,
	}
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

// random draws a number below n, of all numbers when n is 0.
func random(n uint64) uint64 {
	if n == 0 {
		return rand.Uint64()
	}
	return rand.Uint64N(n)
}
