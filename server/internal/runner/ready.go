package runner

import (
	"context"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	readyLimit = 2 * time.Second  // for ComfyUI to say whether it is idle
	restLimit  = 10 * time.Second // for ComfyUI to answer that it will free its memory
)

// errExecutor ends runs on a ComfyUI that answers and runs nothing.
const errExecutor = plainError("ComfyUI had lost its executor: it took prompts and ran none")

// Ready implements dispatch.Runner.
func (r *Runner) Ready(ctx context.Context) (bool, string) {
	if trouble := r.Engine.Trouble(); trouble != "" {
		return false, trouble
	}
	if r.Meter.MakeWay() != nil {
		return false, "the measurement of an edited workflow is being stopped"
	}
	if n, known := r.Client.QueueRemaining(); known && n == 0 {
		return true, ""
	}
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	queue, err := r.Client.Queue(ctx)
	if err != nil {
		return false, "ComfyUI does not answer"
	}
	prompts := slices.Concat(queue.Running, queue.Pending)
	if len(prompts) == 0 {
		return true, ""
	}
	if r.Engine.Stalled() {
		r.Engine.Lose(errExecutor)
		return false, errExecutor.Error()
	}
	return false, r.busyWith(ctx, prompts)
}

// busyWith returns the reason why ComfyUI is busy although no job of this worker runs. A prompt of a job that was given up is taken back:
// it may have come to ComfyUI after it was looked for.
func (r *Runner) busyWith(ctx context.Context, prompts []string) string {
	reason := "ComfyUI is busy with a prompt that was started on its own page"
	for _, id := range prompts {
		if !r.isGivenUp(ctx, id) {
			continue
		}
		reason = "ComfyUI is still at work on a run that was given up"
		if err := r.Client.Cancel(ctx, id); err != nil {
			r.Log.Warn("cannot take back a run that was given up", "worker", r.Worker, "prompt", id, "err", err)
		}
	}
	return reason
}

// isGivenUp reports whether the prompt is one of the service's own that nobody waits for any more.
func (r *Runner) isGivenUp(ctx context.Context, id string) bool {
	r.mu.Lock()
	handed := slices.Contains(r.handed, id)
	r.mu.Unlock()
	j, err := r.Jobs.Job(ctx, id) // the first attempt goes by the id of its job
	if err != nil {
		return handed
	}
	return j.Status != job.Processing || j.PromptID() != id
}

// Changed implements dispatch.Runner.
func (r *Runner) Changed() <-chan struct{} {
	changed := r.Engine.Changed() // first, so that no change is missed
	if r.Engine.Trouble() == "" && !r.Meter.Measuring() {
		return r.Client.StatusChanged()
	}
	return changed
}

// Trouble implements dispatch.Runner.
func (r *Runner) Trouble() string { return r.Engine.Trouble() }

// Clear implements dispatch.Runner.
func (r *Runner) Clear() { r.Meter.MakeWay() }

// HasFiles implements dispatch.Runner.
func (r *Runner) HasFiles(ctx context.Context, j job.Job) bool { return r.Files.Has(ctx, j) }

// Prepare implements dispatch.Runner: it sees to it that a connection is open when the graph is to be posted, and
// that the files of the job are there.
func (r *Runner) Prepare(ctx context.Context, j job.Job) {
	r.Files.Begin(ctx, j)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, readyLimit)
		defer cancel()
		if err := r.Client.Greet(ctx); err != nil {
			r.Log.Debug("ComfyUI does not answer before a start", "worker", r.Worker, "job", j.ID, "err", err)
		}
	}()
}

// FreeMemory implements dispatch.Runner.
func (r *Runner) FreeMemory(ctx context.Context) {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, restLimit)
		defer cancel()
		if err := r.Client.Free(ctx, true, true); err != nil {
			r.Log.Warn("ComfyUI's memory could not be freed for the pause", "worker", r.Worker, "err", err)
			return
		}
		r.Meter.Unloaded()
		r.Log.Info("ComfyUI's memory was freed for the pause", "worker", r.Worker)
	}()
}
