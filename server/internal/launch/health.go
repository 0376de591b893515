package launch

import (
	"context"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// checkHealth says offline while ComfyUI does not answer, and ready again when it does, until ctx ends. A launched one that
// stays silent is lost.
func (e *Engine) checkHealth(ctx context.Context, lose context.CancelCauseFunc) {
	answered := time.Now()
	for sleep(ctx, e.Pace.Health); ctx.Err() == nil; sleep(ctx, e.Pace.Health) {
		asking, cancel := context.WithTimeout(ctx, e.Pace.Answer)
		_, err := e.client.SystemStats(asking)
		cancel()
		offline := e.Status.Get().Status == health.Offline
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			answered = time.Now()
			if offline && e.Trial.Recovered(ctx) {
				e.backAgain(ctx)
			}
		case !e.isRemote() && time.Since(answered) > e.Pace.HungAfter:
			lose(errHung)
			return
		case !offline:
			e.goOffline(ctx, err)
		}
	}
}

// goOffline says that ComfyUI does not answer.
func (e *Engine) goOffline(ctx context.Context, err error) {
	reason := open("ComfyUI does not answer")
	if e.isRemote() {
		reason.full += " at " + e.ComfyUI.BaseURL()
	}
	if locked := lockedOut(e.ComfyUI, err); locked != nil {
		reason = words{locked.Error(), plain(locked, forAdministrators)}
	}
	e.Log.Error(reason.full, "worker", e.Worker, "err", err)
	e.setWhile(ctx, health.Offline, reason)
}

// backAgain is for a ComfyUI that answers again.
func (e *Engine) backAgain(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, e.Pace.Answer)
	defer cancel()
	err := e.client.WaitConnected(asking)
	if err == nil {
		err = e.Trial.Returned(asking)
	}
	if asking.Err() != nil {
		return // the next look comes here again
	}
	if err != nil {
		e.Log.Error("ComfyUI answers again, but not as before", "worker", e.Worker, "err", err)
	} else {
		e.Log.Info("ComfyUI answers again", "worker", e.Worker)
	}
	e.changeWhile(ctx, e.beUp)
}

// setWhile sets the status unless ctx has ended, which is when somebody else sets it.
func (e *Engine) setWhile(ctx context.Context, status health.Status, reason words) {
	e.changeWhile(ctx, func(s *health.Worker) { s.Status, s.Reason, s.Plain = status, reason.full, reason.plain })
}

func (e *Engine) changeWhile(ctx context.Context, change func(*health.Worker)) {
	e.Status.Change(func(s *health.Worker) {
		if ctx.Err() == nil {
			change(s)
		}
	})
}
