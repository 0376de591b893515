// Package catalog knows what can be booked now: the workflows, the workers.
package catalog

import (
	"slices"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Catalog is safe for concurrent use.
type Catalog struct {
	mu        sync.RWMutex
	workers   []health.Worker
	workflows []workflow.Workflow
}

var _ booking.Offers = (*Catalog)(nil)

// New makes a catalog of workers, in the order of the configuration, and no workflows.
func New(workers ...health.Worker) *Catalog {
	return &Catalog{workers: workers}
}

// SetWorker takes in how a worker is and gives the state of the whole.
func (c *Catalog) SetWorker(w health.Worker) health.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = slices.Clone(c.workers) // the old list may be in somebody's hands
	for i := range c.workers {
		if c.workers[i].ID == w.ID {
			w.Pause = c.workers[i].Pause
			c.workers[i] = w
		}
	}
	return health.Of(c.workers)
}

// SetPause takes in a worker's pause, nil for none, and gives the state of the whole.
func (c *Catalog) SetPause(worker string, pause *schedule.Pause) health.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = slices.Clone(c.workers)
	for i := range c.workers {
		if c.workers[i].ID == worker {
			c.workers[i].Pause = pause
		}
	}
	return health.Of(c.workers)
}

// SetWorkflow takes in a workflow, new or changed, and gives all of them.
func (c *Catalog) SetWorkflow(w workflow.Workflow) []workflow.Workflow {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workflows = slices.Clone(c.workflows)
	for i := range c.workflows {
		if c.workflows[i].ID == w.ID {
			c.workflows[i] = w
			return c.workflows
		}
	}
	c.workflows = append(c.workflows, w)
	return c.workflows
}

// State is the state of the whole.
func (c *Catalog) State() health.State {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return health.Of(c.workers)
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
