package measure

import (
	"context"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Distrust is told that ComfyUI fails every prompt: a generation has to go well before jobs are run again.
func (m *Meter) Distrust() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.distrust = true
}

// trust notes that a generation went well.
func (m *Meter) trust() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.distrust = false
}

// Recovered reports whether jobs can be run again. Where that is in doubt it tries, now and then, for limit at most.
func (m *Meter) Recovered(ctx context.Context, limit time.Duration) bool {
	m.mu.Lock()
	distrust := m.distrust
	due := time.Since(m.probed) >= m.Pace.Probe
	if distrust && due {
		m.probed = time.Now()
	}
	m.mu.Unlock()
	if !distrust {
		return true
	}
	if !due {
		return false
	}
	if err := m.Check(ctx, limit); err != nil {
		m.Log.Warn("ComfyUI still fails", "worker", m.Worker, "err", err)
		return false
	}
	m.trust()
	return true
}

// Check runs a generation of the service's own. It is given up after the limit.
func (m *Meter) Check(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	offer, found := m.checkable(ctx)
	if !found {
		return nil // there is nothing to check with
	}
	_, err := m.generate(ctx, offer, "check")
	return err
}

// checkable returns a workflow that went well on this ComfyUI before: the first, else one that was measured.
func (m *Meter) checkable(ctx context.Context) (offer workflow.Offer, found bool) {
	offer, reason := m.bootable()
	if reason == "" {
		return offer, true
	}
	for _, c := range m.Candidates(ctx) {
		if e := m.Ledger.Of(c.Graph); c.Never == "" && e.WarmMS > 0 && e.Bad == "" {
			return m.Offer(c.ID)
		}
	}
	return offer, false
}
