package launch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// EndForgotten ends the ComfyUI that a service before this one has left running and that a record tells of, for a worker that is not
// there any more: nobody else would. One that is another instance's is left alone.
func EndForgotten(ctx context.Context, file, instance string, log *slog.Logger) error {
	f, err := openRecord(file, instance)
	left := f.get().Process
	if err != nil || left.PID == 0 {
		return nil //nolint:nilerr // a record that cannot be read, or another's, tells of nothing that is ours
	}
	p, running := process.Find(left)
	if !running {
		return nil
	}
	log.Warn("ending the ComfyUI of a worker that is not in the configuration any more", "pid", left.PID, "record", file)
	return errors.Join(p.Stop(ctx, forgottenGrace), f.change(func(r *record) { r.Process = process.ID{} }))
}

// forgottenGrace is the time that such a ComfyUI has to end by itself.
const forgottenGrace = 5 * time.Second
