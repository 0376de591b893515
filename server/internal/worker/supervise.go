package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// pace holds the waiting times of a worker.
type pace struct {
	stopGrace   time.Duration // from asking ComfyUI to stop to ending it
	sickAfter   time.Duration // a recorded ComfyUI that has not answered for so long is ended
	port        time.Duration // between two looks at the port
	health      time.Duration // between two looks at a ComfyUI that is up
	answer      time.Duration // for an answer to such a look; loading a model can hold it up for seconds
	hungAfter   time.Duration // a ComfyUI that is up and has not answered for so long is started again
	probe       time.Duration // between two looks whether a remote ComfyUI that fails every prompt computes again
	rotation    time.Duration // between two looks at the length of ComfyUI's log
	quiet       time.Duration // without a run, before an edited workflow is measured; doubles with each disturbance
	minPause    time.Duration // before the first new start; doubles up to maxPause
	maxPause    time.Duration
	stableAfter time.Duration // of good work: pauses begin small again
}

func defaultPace() pace {
	return pace{
		stopGrace: 5 * time.Second, sickAfter: 20 * time.Second, port: 100 * time.Millisecond,
		health: 2 * time.Second, answer: 10 * time.Second, hungAfter: 3 * time.Minute, rotation: time.Minute, probe: time.Minute, quiet: 10 * time.Second,
		minPause: time.Second, maxPause: time.Minute, stableAfter: 5 * time.Minute,
	}
}

// Why runs end although the process has not ended by itself.
var (
	errRestart = errors.New("an administrator restarted ComfyUI")
	errHung    = errors.New("ComfyUI does not answer any more")
)

// ErrRemote says that a worker's ComfyUI is not the service's to restart.
var ErrRemote = fault.New(fault.WrongStatus, "this ComfyUI runs elsewhere and cannot be restarted from here")

// Connect keeps the websocket until ctx ends.
func (w *Worker) Connect(ctx context.Context) error { return w.client.Run(ctx) }

// Supervise keeps ComfyUI up and the template fresh, after Boot, until ctx ends.
func (w *Worker) Supervise(ctx context.Context) error {
	go w.watchTemplate(ctx)
	pause := w.pace.minPause
	for {
		began := time.Now()
		reason := w.watch(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > w.pace.stableAfter {
			pause = w.pace.minPause
		}
		w.setStatus(health.Restarting, fmt.Sprintf("%v; it is started again", firstLine(reason)))
		for ; reason != nil; pause = min(2*pause, w.pace.maxPause) {
			reason = w.startAgain(ctx, reason, pause)
			if ctx.Err() != nil {
				return nil
			}
		}
	}
}

// startAgain ends what is left of a ComfyUI that is down and starts it again after a pause, which a request to restart
// cuts short. One that cannot be ended has the port and the GPU: beside it nothing is started.
func (w *Worker) startAgain(ctx context.Context, down error, pause time.Duration) error {
	stuck := w.end(ctx) // one that hangs, and children that outlived it
	if stuck != nil {
		down = stuck
		w.setStatus(health.Offline, unendable(stuck))
	}
	w.Log.Error("ComfyUI is down", "worker", w.ID, "reason", down, "next_try_in", pause)
	select {
	case <-time.After(pause):
	case <-w.restart:
	case <-ctx.Done():
	}
	if stuck != nil || ctx.Err() != nil {
		return down
	}
	err := w.Boot(ctx)
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, w.end(ctx)) // what is left of a boot that failed
		w.setStatus(health.Offline, fmt.Sprintf("ComfyUI does not start (%v); next try in %v", firstLine(err), min(2*pause, w.pace.maxPause)))
	}
	return err
}

// watch returns when ComfyUI has to be started again, with the reason. One that only cannot be reached is waited for.
func (w *Worker) watch(ctx context.Context) error {
	w.mu.Lock()
	runs, lost := w.runs, w.lost
	w.mu.Unlock()
	watching, cancel := withEither(ctx, runs)
	defer cancel()
	go w.checkHealth(watching, lost)
	ticker := time.NewTicker(w.pace.health)
	defer ticker.Stop()
	rotation := time.NewTicker(w.pace.rotation)
	defer rotation.Stop()
	edited := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-runs.Done():
			return context.Cause(runs)
		case <-w.restart:
			// First the status, so that no job is handed to what is being ended.
			w.setStatus(health.Restarting, fmt.Sprintf("%v; it is started again", errRestart))
			lost(errRestart)
		case <-w.edited:
			edited = w.State().Status != health.Ready || w.refresh(ctx) != nil
		case <-rotation.C:
			w.rotateLog()
		case <-ticker.C:
			if edited && w.State().Status == health.Ready {
				edited = w.refresh(ctx) != nil
			}
			if w.record.catchUp() {
				w.Log.Info("the record of ComfyUI's process is written again", "worker", w.ID)
			}
			w.measureWhenIdle(ctx)
		}
	}
}

// rotateLog keeps ComfyUI's log from growing without end.
func (w *Worker) rotateLog() {
	if w.ComfyUI.Installation == config.Remote {
		return
	}
	w.executor.read() // before it is gone
	if err := process.RotateLog(w.logFile()); err != nil {
		w.Log.Error("ComfyUI's log grows on", "worker", w.ID, "err", err)
	}
}

// checkHealth says offline while ComfyUI does not answer, and ready again when it does. A launched one that stays
// silent is lost.
func (w *Worker) checkHealth(ctx context.Context, lost context.CancelCauseFunc) {
	remote := w.ComfyUI.Installation == config.Remote
	answered := time.Now()
	for sleep(ctx, w.pace.health); ctx.Err() == nil; sleep(ctx, w.pace.health) {
		asking, cancel := context.WithTimeout(ctx, w.pace.answer)
		_, err := w.client.SystemStats(asking)
		cancel()
		offline := w.State().Status == health.Offline
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			answered = time.Now()
			if offline && (!w.needsProof() || w.recovered(ctx)) {
				w.backAgain(ctx)
			}
		case !remote && time.Since(answered) > w.pace.hungAfter:
			lost(errHung)
			return
		case !offline:
			reason := "ComfyUI does not answer"
			if remote {
				reason += " at " + w.ComfyUI.BaseURL()
			}
			if locked := lockedOut(w.ComfyUI, err); locked != nil {
				reason = locked.Error()
			}
			w.Log.Error(reason, "worker", w.ID, "err", err)
			w.setWhile(ctx, health.Offline, reason)
		}
	}
}

// backAgain is for a ComfyUI that answers again. It may have been started anew, with other models.
func (w *Worker) backAgain(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, w.pace.answer)
	defer cancel()
	err := w.client.WaitConnected(asking)
	if err == nil {
		err = w.takeStock(asking)
	}
	switch unfit := new(*unfitError); {
	case errors.As(err, unfit):
		w.setNotice(inOneLine(err))
	case err == nil:
		err = w.refresh(asking)
	}
	if asking.Err() != nil {
		return // the next look comes here again
	}
	if err != nil {
		w.Log.Error("ComfyUI answers again, but not as before", "worker", w.ID, "err", err)
	} else {
		w.Log.Info("ComfyUI answers again", "worker", w.ID)
	}
	w.setWhile(ctx, health.Ready, "")
}

// setWhile sets the status unless ctx has ended, which is when somebody else sets it.
func (w *Worker) setWhile(ctx context.Context, status health.Status, reason string) {
	w.set(func(s *health.Worker) {
		if ctx.Err() == nil {
			s.Status, s.Reason = status, reason
		}
		if s.Status == health.Ready {
			s.Reason = w.notice
		}
	})
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

func firstLine(err error) string {
	text := err.Error()
	for i, r := range text {
		if r == '\n' || r == ';' {
			return text[:i]
		}
	}
	return text
}
