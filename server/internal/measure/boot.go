package measure

import (
	"context"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// WarmUp loads the models, so that the first job does not wait for that. skipped says why it did nothing. attached says that
// ComfyUI was running before the boot. A result that cannot be used is no error: the workflow cannot be booked then.
func (m *Meter) WarmUp(ctx context.Context, attached bool) (detail, skipped string, err error) {
	if err := m.recall(ctx); err != nil {
		return "", "", err
	}
	if !attached {
		m.Unloaded()
	}
	offer, reason := m.bootable()
	if reason == "" {
		reason = m.noMeasuring(ctx, attached)
	}
	if reason != "" {
		return "", reason, nil
	}
	m.setBenchmarking("the models are being loaded")
	run, err := m.generate(ctx, offer, "warm-up")
	if err != nil {
		return "", "", err
	}
	m.mu.Lock()
	m.warm = run
	m.mu.Unlock()
	m.trust()
	if run.bad != "" {
		m.booted(ctx, offer, measured.Entry{ColdMS: run.took.Milliseconds(), Bad: run.bad})
		return run.bad, "", nil
	}
	return "", "", nil
}

// Benchmark measures a generation as a job's is: with a prompt and a seed that ComfyUI has not seen. skipped says why it did not;
// the duration of an earlier boot holds then. Where ComfyUI took what it had kept for the work, the warm-up stands for it.
func (m *Meter) Benchmark(ctx context.Context, attached bool) (detail, skipped string, err error) {
	offer, reason := m.bootable()
	if reason != "" {
		m.Learned.Up()
		return "", reason + ", so that its slots are a guess until it was run", nil
	}
	if reason := m.noMeasuring(ctx, attached); reason != "" {
		m.mu.Lock()
		stored, fresh := m.stored, m.fresh
		m.mu.Unlock()
		if !fresh {
			m.Doubt()
		}
		return "", fmt.Sprintf("%s; measured before: %d ms", reason, stored), nil
	}
	m.mu.Lock()
	warm := m.warm
	m.mu.Unlock()
	if warm.bad != "" {
		m.Learned.Up()
		return "", "the warm-up left nothing that can be used: " + warm.bad, nil
	}
	m.setBenchmarking("a generation is being measured")
	run, err := m.generate(ctx, offer, "benchmark")
	if err != nil {
		return "", "", err
	}
	took := run.took
	detail = fmt.Sprintf("%d ms", took.Milliseconds())
	if run.cached && warm.took > 0 {
		took = warm.took
		detail = fmt.Sprintf("%d ms, of the warm-up: ComfyUI answered the second run from its cache, and no input of the workflow changes that",
			took.Milliseconds())
	}
	if run.bad == "" {
		m.measured(offer, took)
	}
	m.booted(ctx, offer, measured.Entry{ColdMS: warm.took.Milliseconds(), WarmMS: took.Milliseconds(), Bad: run.bad})
	return detail, "", nil
}

// bootable returns the first workflow, or why the boot does not run it.
func (m *Meter) bootable() (offer workflow.Offer, reason string) {
	offer, runs := m.First()
	switch {
	case !runs:
		return offer, "this ComfyUI cannot run the first workflow"
	case offer.Paid():
		return offer, "the first workflow costs money"
	case offer.NeedsFile():
		return offer, "the first workflow needs a file"
	}
	return offer, ""
}

// booted keeps what the boot has found out of the first workflow.
func (m *Meter) booted(ctx context.Context, offer workflow.Offer, found measured.Entry) {
	if err := m.Ledger.Booted(ctx, offer.GraphHash(), found, m.Now()); err != nil {
		m.Log.Error("what the boot found out of the workflow is forgotten at the next start", "worker", m.Worker, "err", err)
	}
	if found.Bad != "" {
		m.Log.Warn("the first workflow left nothing that can be used and cannot be booked", "worker", m.Worker, "why", found.Bad)
	}
	m.Judged(m.Workflow)
}
