package launch

import (
	"context"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

var IsOlder = isOlder

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

// Undying makes the ComfyUI one that hangs in the system itself, until mortal is closed.
func (e *Engine) Undying(mortal <-chan struct{}) {
	e.present.mu.Lock()
	defer e.present.mu.Unlock()
	e.present.program = undying{e.present.program, mortal}
}
