package launch

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// LogTail is the end of what ComfyUI wrote, oldest line first. A remote one is asked for it.
func (e *Engine) LogTail(ctx context.Context, lines int) ([]string, error) {
	if !e.isRemote() {
		return process.Tail(e.Files.Log, lines), nil
	}
	all, err := e.client.Logs(ctx)
	return all[max(0, len(all)-lines):], err
}

// rotateLog keeps ComfyUI's log from growing without end.
func (e *Engine) rotateLog() {
	if e.isRemote() {
		return
	}
	e.executor.read() // before it is gone
	if err := process.RotateLog(e.Files.Log); err != nil {
		e.Log.Error("ComfyUI's log grows on", "worker", e.Worker, "err", err)
	}
}
