package estimate

import (
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Benchmarks is an Estimator that goes by the last measurement of each workflow on each worker, whatever the inputs.
type Benchmarks struct {
	Rules
	mu       sync.RWMutex
	measured map[lane]int64  // milliseconds
	doubted  map[lane]bool   // measured of something else
	up       map[string]bool // workers that generations can be guessed for
}

type lane struct{ worker, workflow string }

var _ Estimator = (*Benchmarks)(nil)

// NewBenchmarks makes an estimator that knows nothing yet.
func NewBenchmarks(rules Rules) *Benchmarks {
	return &Benchmarks{Rules: rules, measured: map[lane]int64{}, doubted: map[lane]bool{}, up: map[string]bool{}}
}

// Measured takes in how long a generation took, in milliseconds, instead of what was measured before, and gives what is known
// now.
func (b *Benchmarks) Measured(worker, workflow string, took int64) Estimate {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.measured[lane{worker, workflow}], b.up[worker] = took, true
	delete(b.doubted, lane{worker, workflow})
	return Estimate{Workflow: workflow, BenchmarkMS: took, SlotDurationMS: b.Slot(took)}
}

// Up notes that a worker can run generations although none was measured there.
func (b *Benchmarks) Up(worker string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up[worker] = true
}

// Doubt notes that a workflow is another one now: what was measured of it on a worker is a guess.
func (b *Benchmarks) Doubt(worker, workflow string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.doubted[lane{worker, workflow}] = true
}

// unknown is the guess where nothing was measured at all, in milliseconds.
const unknown = 60_000

// Estimate implements Estimator. What was not measured on a worker that is up is guessed: by the longest that the workflow took
// elsewhere, else by the longest that anything took on the worker, else on any.
func (b *Benchmarks) Estimate(worker, workflow string, _ workflow.Values) (Length, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if took, known := b.measured[lane{worker, workflow}]; known {
		basis := Measured
		if b.doubted[lane{worker, workflow}] {
			basis = Guess
		}
		return Length{Expected: took, Slot: b.Slot(took), Basis: basis}, true
	}
	if !b.up[worker] {
		return Length{}, false
	}
	took := b.longest(func(l lane) bool { return l.workflow == workflow })
	if took == 0 {
		took = b.longest(func(l lane) bool { return l.worker == worker })
	}
	if took == 0 {
		took = b.longest(func(lane) bool { return true })
	}
	if took == 0 {
		took = unknown
	}
	return Length{Expected: took, Slot: b.Slot(took), Basis: Guess}, true
}

// longest returns the longest of what was measured on some lanes; 0: nothing was.
func (b *Benchmarks) longest(on func(lane) bool) (took int64) {
	for l, t := range b.measured {
		if on(l) {
			took = max(took, t)
		}
	}
	return took
}
