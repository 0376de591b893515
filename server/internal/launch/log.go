package launch

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// LogTail is the end of what ComfyUI wrote, oldest line first. A remote one is asked for it.
func (e *Engine) LogTail(ctx context.Context, lines int) ([]string, error) {
	if !e.isRemote() {
		return e.tail(lines), nil
	}
	all, err := e.client.Logs(ctx)
	return all[max(0, len(all)-lines):], err
}

// tail is the end of a launched ComfyUI's log, without secrets.
func (e *Engine) tail(lines int) []string {
	all := process.Tail(e.Files.Log, lines)
	for i := range all {
		all[i] = e.client.Clear(all[i])
	}
	return all
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
