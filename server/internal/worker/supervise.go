package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/system"
)

const (
	minPause       = time.Second
	maxPause       = time.Minute
	stableAfter    = 5 * time.Minute // of good work: pauses begin small again
	healthInterval = 2 * time.Second
)

// errRestart is why runs end when an administrator restarts ComfyUI.
var errRestart = errors.New("an administrator restarted ComfyUI")

// ErrRemote says that a worker's ComfyUI is not the service's to restart.
var ErrRemote = errors.New("this ComfyUI runs elsewhere and cannot be restarted from here")

// Connect keeps the websocket until ctx ends.
func (w *Worker) Connect(ctx context.Context) error { return w.client.Run(ctx) }

// Supervise keeps ComfyUI up, after Boot, until ctx ends.
func (w *Worker) Supervise(ctx context.Context) error {
	pause := minPause
	for {
		began := time.Now()
		reason := w.watch(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > stableAfter {
			pause = minPause
		}
		for {
			w.Log.Error("ComfyUI is down", "worker", w.ID, "reason", reason, "next_try_in", pause)
			w.setStatus(system.Restarting, fmt.Sprintf("%v; it is started again", firstLine(reason)))
			sleep(ctx, pause)
			pause = min(2*pause, maxPause)
			if reason = w.Boot(ctx); reason == nil {
				break
			}
			if ctx.Err() != nil {
				return nil
			}
			w.end(ctx) // what is left of a boot that failed
			w.setStatus(system.Offline, fmt.Sprintf("ComfyUI does not start (%v); next try in %v", firstLine(reason), pause))
		}
	}
}

// watch returns when ComfyUI has to be started again, with the reason. One that only cannot be reached is waited for.
func (w *Worker) watch(ctx context.Context) error {
	w.mu.Lock()
	runs, remote := w.runs, w.ComfyUI.Installation == config.Remote
	w.mu.Unlock()
	ticker := time.NewTicker(healthInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-runs.Done():
			return context.Cause(runs)
		case <-w.restart:
			w.mu.Lock()
			lost := w.lost
			w.mu.Unlock()
			lost(errRestart)
			w.end(ctx)
			return errRestart
		case <-ticker.C:
			w.checkHealth(ctx, remote)
		}
	}
}

// checkHealth says offline while ComfyUI does not answer, and ready again when it does.
func (w *Worker) checkHealth(ctx context.Context, remote bool) {
	status := w.State().Status
	if w.client.Connected() {
		if status == system.Offline {
			w.setStatus(system.Ready, "")
		}
		return
	}
	ctx, cancel := context.WithTimeout(ctx, healthInterval)
	defer cancel()
	if _, err := w.client.SystemStats(ctx); err != nil && status == system.Ready {
		reason := "ComfyUI does not answer"
		if remote {
			reason += " at " + w.ComfyUI.BaseURL()
		}
		w.setStatus(system.Offline, reason)
	}
}

// Restart stops ComfyUI and starts it again; ErrRemote.
func (w *Worker) Restart() error {
	if w.ComfyUI.Installation == config.Remote {
		return ErrRemote
	}
	select {
	case w.restart <- struct{}{}:
	default: // one is asked for already
	}
	return nil
}

// Stop ends the ComfyUI that the service launched, with its children. A remote one is left alone.
func (w *Worker) Stop(ctx context.Context) {
	w.end(ctx)
	if err := w.write(ctx, "process", launched{}); err != nil {
		w.Log.Error("cannot forget the ended ComfyUI", "worker", w.ID, "err", err)
	}
}

func (w *Worker) end(ctx context.Context) {
	w.mu.Lock()
	p := w.process
	w.mu.Unlock()
	if p != nil {
		p.Stop(ctx, stopGrace)
	}
}

func firstLine(err error) string {
	text := err.Error()
	for i, r := range text {
		if r == '\n' || r == ';' {
			return text[:i]
		}
	}
	return text
}
