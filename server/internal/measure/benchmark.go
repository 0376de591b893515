package measure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// benchmark is a measured duration and what it was measured on. It lies in a file of its own and not with the bookings: it belongs
// to the machine.
type benchmark struct {
	Key      string `json:"key"` // hash of workflow, device and ComfyUI's version
	Workflow string `json:"workflow"`
	Duration int64  `json:"benchmark_ms"`
}

// recall takes the benchmark of an earlier start as the estimate. One of another version of the workflow, or of another
// ComfyUI, is better than none.
func (m *Meter) recall(ctx context.Context) error {
	known, found, err := m.read(ctx)
	if err != nil {
		return err
	}
	if found && known.Workflow == m.Workflow {
		m.mu.Lock()
		m.stored, m.fresh = known.Duration, known.Key == m.benchmarkKey()
		m.mu.Unlock()
		if offer, _ := m.First(); offer.Version != nil {
			m.estimate(offer, known.Duration)
		}
	}
	return nil
}

// measured takes a new benchmark as the estimate and keeps it. One that cannot be kept holds until the next start.
func (m *Meter) measured(offer workflow.Offer, took time.Duration) {
	ms := max(1, took.Milliseconds())
	m.estimate(offer, ms)
	data, err := json.Marshal(benchmark{Key: m.benchmarkKey(), Workflow: m.Workflow, Duration: ms})
	if err == nil {
		err = replace(m.File, data)
	}
	if err != nil {
		m.Log.Error("the benchmark cannot be kept", "worker", m.Worker, "err", err)
	}
}

// replace puts data into a file, or leaves it as it was.
func replace(file string, data []byte) error {
	fresh := file + ".new"
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}

// read reads the kept benchmark. Services before this one kept it with the bookings. A damaged one counts as none.
func (m *Meter) read(ctx context.Context) (known benchmark, found bool, err error) {
	data, err := os.ReadFile(m.File)
	if errors.Is(err, os.ErrNotExist) {
		data, err = m.Earlier.Record(ctx, "worker/"+m.Worker+"/benchmark")
	}
	if errors.Is(err, store.ErrNotFound) {
		return benchmark{}, false, nil
	}
	if err != nil {
		return benchmark{}, false, fmt.Errorf("read the kept benchmark: %w", err)
	}
	if err := json.Unmarshal(data, &known); err != nil {
		m.Log.Warn("the kept benchmark is damaged, it is measured again", "worker", m.Worker, "file", m.File, "err", err)
		return benchmark{}, false, nil
	}
	return known, true, nil
}

// benchmarkKey changes with everything that makes a measured duration worthless.
func (m *Meter) benchmarkKey() string {
	s := m.Status.Get()
	graph := ""
	if offer, _ := m.First(); offer.Version != nil {
		graph = offer.GraphHash()
	}
	sum := sha256.Sum256([]byte(graph + "\n" + s.Device + "\n" + s.ComfyUIVersion))
	return hex.EncodeToString(sum[:])
}
