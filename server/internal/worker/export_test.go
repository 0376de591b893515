package worker

import (
	"context"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// Hurry shortens the waiting times, for tests that wait them out.
func (w *Worker) Hurry() {
	w.pace = pace{
		stopGrace: 500 * time.Millisecond, sickAfter: 500 * time.Millisecond, port: 10 * time.Millisecond,
		health: 50 * time.Millisecond, answer: 300 * time.Millisecond, hungAfter: 500 * time.Millisecond, probe: 50 * time.Millisecond,
		rotation: 100 * time.Millisecond, quiet: 100 * time.Millisecond,
		minPause: 10 * time.Millisecond, maxPause: 50 * time.Millisecond, stableAfter: time.Hour,
	}
}

var IsOlder = isOlder

// QueueRemaining is what the websocket told last of ComfyUI's queue.
func (w *Worker) QueueRemaining() (n int, known bool) { return w.client.QueueRemaining() }

// undying is a process that no kill ends until it is mortal again.
type undying struct {
	program
	mortal <-chan struct{}
}

func (u undying) Stop(ctx context.Context, grace time.Duration) error {
	select {
	case <-u.mortal:
		return u.program.Stop(ctx, grace)
	default:
		return &process.StuckError{PID: u.ID().PID, State: "D (uninterruptible sleep)"}
	}
}

// Undying makes the worker's ComfyUI one that hangs in the system itself, until mortal is closed.
func (w *Worker) Undying(mortal <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process = undying{w.process, mortal}
}
