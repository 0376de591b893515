package launch

import (
	"context"
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// Stop ends the ComfyUI that the service launched, with its children, and the one that the service before has left, when
// the boot did not come to it. A remote one is left alone. One that cannot be ended is an error, and stays on record for the
// next start.
func (e *Engine) Stop(ctx context.Context) error {
	if e.isRemote() {
		return nil
	}
	err := e.end(ctx)
	if left, found := e.left(); found && err == nil {
		err = left.process.Stop(ctx, e.Pace.StopGrace)
	}
	if err != nil {
		e.Log.Error(unendable(err).full, "worker", e.Worker, "err", err)
		return fmt.Errorf("stop ComfyUI: %w", err)
	}
	e.note(func(r *record) { r.Process, r.StartedAt, r.Port, r.Threads = process.ID{}, 0, 0, nil })
	return nil
}

func (e *Engine) end(ctx context.Context) error {
	p := e.running()
	if p == nil {
		return nil
	}
	return p.Stop(ctx, e.Pace.StopGrace)
}

// unendable tells of a ComfyUI that hangs in the system itself.
func unendable(err error) words {
	const plain = "ComfyUI cannot be ended: the machine has to be restarted"
	stuck := new(process.StuckError)
	if !errors.As(err, &stuck) {
		return words{err.Error(), plain}
	}
	return words{fmt.Sprintf("ComfyUI (pid %d) cannot be ended: restart the machine", stuck.PID), plain}
}
