package learned

import (
	"sync"
	"sync/atomic"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Lane teaches what is run on one worker, and says what its ComfyUI has in memory. It is safe for concurrent use.
type Lane struct {
	knowledge *Knowledge
	id        string
	up        atomic.Bool // runs can be guessed for it
	// onLearned is told of a workflow of which something was learned; nil: nobody wants to know.
	onLearned atomic.Pointer[func(workflow string)]

	mu       sync.Mutex
	fresh    bool   // it is known that nothing was in memory once, and what was run since
	resident string // models of the last run
	recalled bool   // resident is of a run before the service has started: others may have used ComfyUI since
	seen     map[string]bool
	shapes   map[features.Shape]bool
}

// memory tells whether a run finds its models loaded.
type memory int

const (
	unsure memory = iota // others were run in between, or nothing is known
	warm                 // its models were those of the run before
	cold                 // they were never loaded
)

// Up notes that the worker can run generations although none was measured there.
func (l *Lane) Up() { l.up.Store(true) }

// Estimate is that of the knowledge for the lane's worker.
func (l *Lane) Estimate(id string, values workflow.Values) (estimate.Length, bool) {
	return l.knowledge.Estimate(l.id, id, values)
}

// OnLearned sets who is told of a workflow of which something was learned.
func (l *Lane) OnLearned(tell func(workflow string)) { l.onLearned.Store(&tell) }

// Unloaded is told that ComfyUI has nothing in memory: it was started, or its memory was freed.
func (l *Lane) Unloaded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fresh, l.resident, l.recalled = true, "", false
	l.seen, l.shapes = map[string]bool{}, map[features.Shape]bool{}
	l.knowledge.state.Add(1)
}

// nothing names what lies in memory when nothing does: no workflow has such models.
const nothing = "nothing"

// Resident names what lies in the memory of a worker, as estimate.Length does; empty: it is not known. Whoever comes when nothing does
// has to load, too.
func (k *Knowledge) Resident(worker string) string {
	k.mu.RLock()
	lane := k.workers[worker]
	k.mu.RUnlock()
	if lane == nil {
		return ""
	}
	lane.mu.Lock()
	defer lane.mu.Unlock()
	if lane.fresh && lane.resident == "" {
		return nothing
	}
	return lane.resident
}

// recalls takes the models of the last run before the service has started for those that are in memory. They are, if ComfyUI runs on;
// one that is started says Unloaded.
func (l *Lane) recalls(models string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.fresh && l.resident == "" {
		l.resident, l.recalled = models, true
	}
}

// joins notes the models of a run that somebody else has begun.
func (l *Lane) joins(models string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if models != "" {
		l.resident, l.recalled = models, true
	}
}

// isNew reports whether a shape was not run since ComfyUI has started.
func (l *Lane) isNew(shape features.Shape) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fresh && !l.shapes[shape]
}

const maxShapes = 2000

// posts notes that a graph is run, and returns what it meets. Graphs that name no models leave those of others where they are, and are
// cold once.
func (l *Lane) posts(models, graph string, shape features.Shape) (m memory, start learn.Start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen, l.shapes = map[string]bool{}, map[features.Shape]bool{}
	}
	key := models
	if key == "" {
		key = graph
	}
	start.NewShape = l.fresh && !l.shapes[shape]
	if start.NewShape || len(l.shapes) >= maxShapes {
		defer l.knowledge.state.Add(1)
	}
	switch {
	case models != "" && l.resident == models && !l.recalled, models == "" && l.seen[key]:
		m = warm
	case l.fresh && !l.seen[key]:
		m, start.Cold = cold, true
	}
	if len(l.shapes) >= maxShapes {
		clear(l.shapes)
	}
	if models != "" {
		l.resident, l.recalled = models, false
	}
	l.seen[key], l.shapes[shape] = true, true
	return m, start
}
