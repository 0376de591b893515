package measure

import (
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Done tells what came of a measurement in free time.
type Done struct {
	Outcome Outcome
	Took    time.Duration
	// Evicted is the number of models that the run before had loaded and the measurement does not use: ComfyUI may have had to drop them.
	Evicted int
}

// Outcome tells in which way a measurement ended.
type Outcome string

// The outcomes.
const (
	Good      Outcome = "good"
	BadResult Outcome = "bad result"
	Failed    Outcome = "failed"
	MadeWay   Outcome = "made way" // for a job
)

// Loads is told that ComfyUI runs a workflow: from then on its models are those that are loaded.
func (m *Meter) Loads(o workflow.Offer) {
	models := fitness.Models(o.Graph)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, model := range m.loaded {
		if !slices.Contains(models, model) {
			m.evicted++
		}
	}
	m.loaded = models
}

// Unloaded is told that ComfyUI has no models loaded.
func (m *Meter) Unloaded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loaded = nil
	m.Learned.Unloaded()
}
