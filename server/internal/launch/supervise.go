package launch

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// Why runs end although the process has not ended by itself.
var (
	errRestart = openly("an administrator restarted ComfyUI")
	errHung    = openly("ComfyUI does not answer any more")
)

// ErrRemote says that a ComfyUI is not the service's to restart.
var ErrRemote = fault.New(fault.WrongStatus, "this ComfyUI runs elsewhere and cannot be restarted from here")

// Supervise keeps ComfyUI up until ctx ends. It is called after Boot, whose error it takes: nil when ComfyUI is up, else it is
// started again until it is.
func (e *Engine) Supervise(ctx context.Context, down error) {
	backoff := e.Pace.MinBackoff
	if down != nil {
		e.sayDown(down, backoff)
	}
	for {
		for ; down != nil; backoff = min(2*backoff, e.Pace.MaxBackoff) {
			down = e.startAgain(ctx, down, backoff)
			if ctx.Err() != nil {
				return
			}
		}
		began := time.Now()
		down = e.watch(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > e.Pace.StableAfter {
			backoff = e.Pace.MinBackoff
		}
		e.Status.say(health.Restarting, in("%s; it is started again", down))
	}
}

// startAgain ends what is left of a ComfyUI that is down and starts it again after a while, which a request to restart cuts
// short. One that cannot be ended has the port and the GPU: beside it nothing is started.
func (e *Engine) startAgain(ctx context.Context, down error, backoff time.Duration) error {
	stuck := e.end(ctx) // one that hangs, and children that outlived it
	if stuck != nil {
		down = stuck
		e.Status.say(health.Offline, unendable(stuck))
	}
	e.Log.Error("ComfyUI is down", "worker", e.Worker, "reason", down, "next_try_in", backoff)
	select {
	case <-time.After(backoff):
	case <-e.restart:
	case <-ctx.Done():
	}
	if stuck != nil || ctx.Err() != nil {
		return down
	}
	err := e.Boot(ctx)
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, e.end(ctx)) // what is left of a boot that failed
		e.sayDown(err, min(2*backoff, e.Pace.MaxBackoff))
	}
	return err
}

// sayDown says that a boot failed, and when the next begins.
func (e *Engine) sayDown(err error, next time.Duration) {
	e.Status.say(health.Offline, in("ComfyUI does not start (%s); next try in "+next.String(), err))
}

// watch returns when ComfyUI has to be started again, with the reason. One that only cannot be reached is waited for.
func (e *Engine) watch(ctx context.Context) error {
	_, life, lose := e.present.get()
	watching, cancel := either(ctx, life)
	defer cancel()
	go e.checkHealth(watching, lose)
	ticker := time.NewTicker(e.Pace.Health)
	defer ticker.Stop()
	rotation := time.NewTicker(e.Pace.Rotation)
	defer rotation.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-life.Done():
			return context.Cause(life)
		case <-e.restart:
			// First the status, so that no job is handed to what is being ended.
			e.Status.say(health.Restarting, in("%s; it is started again", errRestart))
			lose(errRestart)
		case <-rotation.C:
			e.rotateLog()
		case <-ticker.C:
			if e.outdated.Load() && !e.Trial.Busy(ctx) {
				lose(errOutdated)
			}
			if e.record.catchUp() {
				e.Log.Info("the record of ComfyUI's process is written again", "worker", e.Worker)
			}
		}
	}
}

// Restart stops ComfyUI and starts it again; ErrRemote. It does not wait.
func (e *Engine) Restart() error {
	if e.isRemote() {
		return ErrRemote
	}
	select {
	case e.restart <- struct{}{}:
	default: // one is asked for already
	}
	return nil
}

// firstLine is the beginning of an error's text that stands for itself.
func firstLine(err error) string {
	text := err.Error()
	if end := strings.IndexAny(text, "\n;"); end >= 0 {
		return text[:end]
	}
	return text
}
