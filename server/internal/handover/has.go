package handover

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Has reports whether the files of a job are where its ComfyUI finds them. Those that are not are sent, as by Begin.
func (h *Handover) Has(ctx context.Context, j job.Job) bool {
	all := true
	for _, id := range j.Inputs.Assets() {
		s := h.begin(ctx, id)
		select {
		case <-s.done:
			all = all && s.err == nil
		default:
			all = false
		}
	}
	return all
}
