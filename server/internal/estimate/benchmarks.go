package estimate

import (
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Benchmarks is an Estimator that goes by the last measurement of each workflow on each worker, whatever the inputs.
type Benchmarks struct {
	Rules
	mu       sync.RWMutex
	measured map[lane]int64 // milliseconds
}

type lane struct{ worker, workflow string }

var _ Estimator = (*Benchmarks)(nil)

// NewBenchmarks makes an estimator that knows nothing yet.
func NewBenchmarks(rules Rules) *Benchmarks {
	return &Benchmarks{Rules: rules, measured: map[lane]int64{}}
}

// Measured takes in how long a generation took, in milliseconds, instead of what was measured before, and gives what is known
// now.
func (b *Benchmarks) Measured(worker, workflow string, took int64) Estimate {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.measured[lane{worker, workflow}] = took
	return Estimate{Workflow: workflow, BenchmarkMS: took, SlotDurationMS: b.Slot(took)}
}

// Estimate implements Estimator.
func (b *Benchmarks) Estimate(worker, workflow string, _ workflow.Values) (Length, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	took, known := b.measured[lane{worker, workflow}]
	if !known {
		return Length{}, false
	}
	return Length{Expected: took, Slot: b.Slot(took)}, true
}
