package runner

import (
	"context"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// The time between two requests to drop a run begins short, because what was handed over just now may not be in ComfyUI's
// queue yet, and grows.
const (
	firstInterruptInterval = 250 * time.Millisecond
	interruptInterval      = 2 * time.Second
)

// Interrupt implements dispatch.Runner. It may come before the job has reached ComfyUI.
func (r *Runner) Interrupt(j job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if asked := r.interrupts[j.ID]; asked {
		return
	}
	r.interrupts[j.ID] = true
	if stop := r.handing[j.ID]; stop != nil {
		stop()
	}
	if r.current[j.ID] != nil {
		go r.interrupt(j)
	}
}

func (r *Runner) isInterrupted(j job.Job) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.interrupts[j.ID]
}

// interrupt asks until the run has ended: ComfyUI hears an interrupt only at certain moments.
func (r *Runner) interrupt(j job.Job) {
	for interval := firstInterruptInterval; ; interval = min(2*interval, interruptInterval) {
		r.mu.Lock()
		running := r.current[j.ID] != nil
		r.mu.Unlock()
		bound, unbind := r.Engine.Bind(context.Background())
		if !running || bound.Err() != nil {
			unbind()
			return
		}
		ctx, cancel := context.WithTimeout(bound, interruptInterval)
		if err := r.Client.Cancel(ctx, j.PromptID()); err != nil {
			r.Log.Warn("cannot interrupt", "worker", r.Worker, "job", j.ID, "err", err)
		}
		sleep(ctx, interval)
		cancel()
		unbind()
	}
}
