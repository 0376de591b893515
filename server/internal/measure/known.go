package measure

import (
	"context"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
)

// Recall makes what was measured before what slots go by.
func (m *Meter) Recall(ctx context.Context) { m.recallAll(m.Candidates(ctx)) }

func (m *Meter) recallAll(all []measured.Candidate) {
	for _, c := range all {
		known, _ := m.Learned.Estimate(c.ID, nil)
		e := m.Ledger.Of(c.Graph)
		isKnown := known.Expected != 0 && known.Basis != estimate.Guess
		isUseful := c.ID != m.Workflow && e.WarmMS > 0 && e.Bad == ""
		if isKnown == m.isShown(c.ID) && (isKnown || !isUseful) {
			continue
		}
		offer, runs := m.Offer(c.ID)
		switch {
		case !runs:
		case isKnown:
			m.Shows(offer)
		case isUseful:
			m.estimate(offer, e.WarmMS)
		}
	}
}

func (m *Meter) isShown(workflow string) bool {
	return slices.ContainsFunc(m.Status.Get().Estimates, func(e estimate.Estimate) bool { return e.Workflow == workflow })
}

// Edited is told that a workflow is another one from now on. What is known of its graph holds: another graph is a guess until it was run.
func (m *Meter) Edited(workflow string) {
	if workflow == m.Workflow {
		m.Doubt()
		return
	}
	m.Status.Change(func(s *health.Worker) {
		s.Estimates = slices.DeleteFunc(slices.Clone(s.Estimates), func(e estimate.Estimate) bool { return e.Workflow == workflow })
	})
	if offer, runs := m.Offer(workflow); runs {
		m.Shows(offer)
	}
}
