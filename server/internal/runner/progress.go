package runner

import (
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	progressInterval = 100 * time.Millisecond // between two told steps of a run
	previewInterval  = 500 * time.Millisecond // between two announced previews
)

// progress tells how far the run is, but not more often than anybody can see.
func (r *Runner) progress(j job.Job, version *workflow.Version) func(comfy.Progress) {
	var told, previewed time.Time
	var last job.Progress
	return func(p comfy.Progress) {
		now := time.Now()
		next := job.Progress{
			JobID:      j.ID,
			Attempt:    j.Attempt,
			NodeID:     p.NodeID,
			NodeTitle:  version.NodeTitle(p.NodeID),
			Step:       p.Step,
			Total:      p.Total,
			Preview:    last.Preview,
			NodesDone:  p.NodesDone,
			NodesTotal: version.NodeCount(),
		}
		if p.Waiting {
			next.NodeTitle = "waits for a prompt that was started on ComfyUI's own page"
		}
		if p.Preview > last.Preview && now.Sub(previewed) >= previewInterval {
			next.Preview, previewed = p.Preview, now
		}
		sameNode := next.NodeID == last.NodeID && next.Step < next.Total
		if next == last || (sameNode && now.Sub(told) < progressInterval) {
			return
		}
		told, last = now, next
		r.OnProgress(next)
	}
}
