// Package learned estimates generations by what was learned of them: every run that ends well teaches how long the next will take, by
// workflow and worker. What is known belongs to the graph alone: a new label or another default forgets nothing. It outlives a restart.
package learned

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Store keeps records, and knows what was handed in.
type Store interface {
	store.Records
	Asset(ctx context.Context, id string) (store.Asset, error)
	Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error)
}

// Config holds what knowledge rests on.
type Config struct {
	Rules estimate.Rules
	// Offer returns a workflow as a worker's ComfyUI has it; false when that is not known.
	Offer func(worker, workflow string) (workflow.Offer, bool)
	// Version returns what is offered of a workflow, however a worker has it; nil: there is none.
	Version func(workflow string) *workflow.Version
	Store   Store
	Now     func() time.Time
	Log     *slog.Logger
}

// Knowledge holds what was learned on all workers. It is safe for concurrent use.
type Knowledge struct {
	Config
	unwritten chan struct{} // one token: there is something to write
	state     atomic.Uint64 // counts changes of what answers rest on; counted up when the change can be seen
	rounds    rounds
	teaching  sync.Mutex // one at a time learns; taken before mu

	mu      sync.RWMutex // guards what follows
	items   map[place]*item
	latest  map[place]string // graph of a workflow that was run last on a worker
	workers map[string]*Lane
	order   []string // workers that are up, or of which something is known
	dirty   map[place]bool
	plans   map[*form.Form]*features.Plan
	sizes   map[string]features.Size // of assets
	hashes  map[string]string        // of graphs, by that of the version
}

// place is a graph, or a workflow, on a worker.
type place struct{ worker, of string }

var _ estimate.ForMany = (*Knowledge)(nil)

// New makes one that knows nothing yet.
func New(c Config) *Knowledge {
	return &Knowledge{
		Config:    c,
		unwritten: make(chan struct{}, 1),
		items:     map[place]*item{},
		latest:    map[place]string{},
		workers:   map[string]*Lane{},
		dirty:     map[place]bool{},
		plans:     map[*form.Form]*features.Plan{},
		sizes:     map[string]features.Size{},
		hashes:    map[string]string{},
	}
}

// What is kept in memory is bounded.
const (
	maxPlans  = 256
	maxSizes  = 4096
	maxHashes = 4096
)

// plan returns where the features of an offer's runs stand.
func (k *Knowledge) plan(o workflow.Offer) *features.Plan {
	k.mu.RLock()
	plan := k.plans[o.Form]
	k.mu.RUnlock()
	if plan != nil {
		return plan
	}
	plan = features.Of(o)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.plans) >= maxPlans {
		clear(k.plans)
	}
	k.plans[o.Form] = plan
	return plan
}

// graph returns the hash of a version's graph.
func (k *Knowledge) graph(v *workflow.Version) string {
	k.mu.RLock()
	hash := k.hashes[v.Hash]
	k.mu.RUnlock()
	if hash != "" {
		return hash
	}
	hash = v.GraphHash()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.hashes) >= maxHashes {
		clear(k.hashes)
	}
	k.hashes[v.Hash] = hash
	return hash
}

// size returns how large a file is that was handed in. Its content never changes.
func (k *Knowledge) size(id string) (features.Size, bool) {
	k.mu.RLock()
	size, known := k.sizes[id]
	k.mu.RUnlock()
	if known {
		return size, true
	}
	asset, err := k.Store.Asset(context.Background(), id)
	if err != nil {
		return size, false
	}
	size = features.Size{Width: asset.Width, Height: asset.Height, Seconds: float64(asset.Duration) / 1000}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.sizes) >= maxSizes {
		clear(k.sizes)
	}
	k.sizes[id] = size
	return size, true
}

// Worker returns the lane of a worker, which teaches what is run there.
func (k *Knowledge) Worker(id string) *Lane {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.workers[id] == nil {
		k.workers[id] = &Lane{knowledge: k, id: id}
		k.order = append(k.order, id)
	}
	return k.workers[id]
}
