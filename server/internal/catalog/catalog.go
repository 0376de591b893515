// Package catalog knows what can be booked now: the workflows, the workers and how they are.
package catalog

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Catalog is safe for concurrent use.
type Catalog struct {
	Config

	mu        sync.RWMutex
	workers   []health.Worker
	workflows []workflow.Workflow
}

// Config is told what has changed, in the order of the changes. Its functions must be quick and must not call the catalog.
type Config struct {
	Now         func() time.Time
	OnState     func(health.State)        // of the whole
	OnWorkflows func([]workflow.Workflow) // all of them
	Library     Library
}

// Library knows the workflows.
type Library interface {
	// Offer, Bookable, Keep and On are as booking.Offers has them.
	Offer(ctx context.Context, id, version string) (workflow.Offer, error)
	Bookable(id string) error
	Keep(ctx context.Context, v *workflow.Version) error
	On(worker, id string) (workflow.Offer, bool)
	// Runners returns those of some workers that can run what is offered of a workflow, in their order, each with the workflow as On has
	// it; also those that have not been asked yet.
	Runners(workflow string, workers []string) []workflow.There
}

// New makes a catalog of these workers.
func New(c Config, workers ...health.Worker) *Catalog {
	return &Catalog{Config: c, workers: workers}
}

// SetWorker takes in how a worker is.
func (c *Catalog) SetWorker(w health.Worker) {
	c.change(w.ID, func(known *health.Worker) {
		w.Pause, w.Outage = known.Pause, known.Outage
		*known = w
	})
}

// SetPause takes in a worker's pause, which is told until it is over. One that is over ends the one there was.
func (c *Catalog) SetPause(p schedule.Pause) {
	left := time.UnixMilli(p.Slot.End + 1).Sub(c.Now())
	if left <= 0 {
		c.EndPause(p.Worker)
		return
	}
	c.change(p.Worker, func(w *health.Worker) { w.Pause = &p })
	time.AfterFunc(left, func() {
		c.change(p.Worker, func(w *health.Worker) {
			if w.Pause == &p {
				w.Pause = nil
			}
		})
	})
}

// SetPauses takes in all pauses that there are.
func (c *Catalog) SetPauses(all []schedule.Pause) {
	for _, w := range c.State().Workers {
		if w.Pause != nil && !slices.ContainsFunc(all, func(p schedule.Pause) bool { return p.Worker == w.ID }) {
			c.EndPause(w.ID)
		}
	}
	for _, p := range all {
		c.SetPause(p)
	}
}

// SetOutage takes in that a worker is out of service; nil: it is in service.
func (c *Catalog) SetOutage(worker string, o *schedule.Outage) {
	c.change(worker, func(w *health.Worker) { w.Outage = o })
}

// SetOutages takes in all workers that are out of service.
func (c *Catalog) SetOutages(all []schedule.Outage) {
	for _, w := range c.State().Workers {
		i := slices.IndexFunc(all, func(o schedule.Outage) bool { return o.Worker == w.ID })
		switch {
		case i >= 0:
			c.SetOutage(w.ID, &all[i])
		case w.Outage != nil:
			c.SetOutage(w.ID, nil)
		}
	}
}

// Follow takes in the pauses and outages that have changed in the store.
func (c *Catalog) Follow(changes []store.Change) {
	for _, change := range changes {
		for _, thing := range change.Things {
			switch {
			case thing.Kind == store.WorkerKind:
				c.SetOutage(thing.Key, thing.Outage)
			case thing.Kind != store.PauseKind:
			case thing.Pause != nil:
				c.SetPause(*thing.Pause)
			default:
				c.EndPause(thing.Key)
			}
		}
	}
}

// EndPause takes in that a worker is not paused, and will not be.
func (c *Catalog) EndPause(worker string) {
	c.change(worker, func(w *health.Worker) { w.Pause = nil })
}

// change changes a worker that is known, and tells of it.
func (c *Catalog) change(worker string, change func(*health.Worker)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.workers, func(w health.Worker) bool { return w.ID == worker })
	if i < 0 {
		return
	}
	c.workers = slices.Clone(c.workers) // the old list may be in somebody's hands
	change(&c.workers[i])
	c.OnState(health.Of(c.workers))
}

// SetWorkflows takes in what can be booked: all workflows, in order.
func (c *Catalog) SetWorkflows(all []workflow.Workflow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workflows = all
	c.OnWorkflows(c.workflows)
}

// State is the state of the whole.
func (c *Catalog) State() health.State {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return health.Of(c.workers)
}

// Workflows are all workflows, in the order of the configuration. The list must not be changed.
func (c *Catalog) Workflows() []workflow.Workflow {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.workflows
}

// Workflow implements booking.Offers.
func (c *Catalog) Workflow(id string) (workflow.Workflow, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, w := range c.workflows {
		if id == "" || w.ID == id {
			return w, true
		}
	}
	return workflow.Workflow{}, false
}

// Workers implements booking.Offers.
func (c *Catalog) Workers() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var ids []string
	for _, w := range c.workers {
		ids = append(ids, w.ID)
	}
	return ids
}

// Candidates implements booking.Offers: the workers in service that can run the workflow, without those that are offline, unless there
// is no other. One that is named may be offline.
func (c *Catalog) Candidates(id, worker string) ([]workflow.There, error) {
	c.mu.RLock()
	workers := c.workers
	c.mu.RUnlock()
	up := make([]string, 0, len(workers))
	var down []string
	var out []*schedule.Outage
	known := worker == ""
	for i := range workers {
		w := &workers[i]
		known = known || w.ID == worker
		switch {
		case worker != "" && w.ID != worker:
		case w.Outage != nil:
			out = append(out, w.Outage)
		case w.Status == health.Offline:
			down = append(down, w.ID)
		default:
			up = append(up, w.ID)
		}
	}
	if !known {
		return nil, fault.NoSuch("worker", worker)
	}
	for _, some := range [][]string{up, down} {
		if found := c.Library.Runners(id, some); len(found) > 0 {
			return found, nil
		}
	}
	for _, o := range out {
		if len(c.Library.Runners(id, []string{o.Worker})) > 0 {
			return nil, fault.New(fault.NotBookable, o.String()).With("workflow_id", id).With("worker_id", o.Worker)
		}
	}
	return nil, unable(id, worker)
}

// unable is the error for a workflow that no worker can run, or not the one that is named.
func unable(id, worker string) error {
	if worker != "" {
		return fault.Newf(fault.NotBookable, "the worker %s cannot run the workflow %s: name another one, or none", worker, id).
			With("workflow_id", id)
	}
	return fault.Newf(fault.NotBookable, "no worker can run the workflow %s", id).With("workflow_id", id)
}

// IsReady reports whether a worker could start a job now.
func (c *Catalog) IsReady(worker string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.ContainsFunc(c.workers, func(w health.Worker) bool { return w.ID == worker && w.Status == health.Ready && w.Outage == nil })
}

// Offer implements booking.Offers.
func (c *Catalog) Offer(ctx context.Context, id, version string) (workflow.Offer, error) {
	return c.Library.Offer(ctx, id, version)
}

// On implements booking.Offers.
func (c *Catalog) On(worker, id string) (workflow.Offer, bool) { return c.Library.On(worker, id) }

// Bookable implements booking.Offers.
func (c *Catalog) Bookable(id string) error { return c.Library.Bookable(id) }

// Keep implements booking.Offers.
func (c *Catalog) Keep(ctx context.Context, v *workflow.Version) error { return c.Library.Keep(ctx, v) }
