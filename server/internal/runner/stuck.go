package runner

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	interruptTimeout = 10 * time.Second // an interrupt that has not been heard for so long will not be
	checkInterval    = time.Second      // between two looks at a silent run
)

// errStuck ends the process of a ComfyUI that answers, but does not hear interrupts.
const errStuck = plainError("ComfyUI was stuck in a run that gave no sign of life")

// plainError is an error that everybody may read.
type plainError string

func (e plainError) Error() string { return string(e) }

// Plain gives the words for everybody.
func (e plainError) Plain() string { return string(e) }

// guard watches one run for signs of life.
type guard struct {
	limit time.Duration
	stuck atomic.Bool // the limit is over: the run is being ended
	early atomic.Bool // it had not begun then
	left  atomic.Bool // it could not be ended: what becomes of it is not waited for
}

// watch returns when the run has ended (ctx is done then), or after it has ended a run that was silent for longer than
// the limit, by the mildest means that works: an interrupt, and where that is not heard, a new start of ComfyUI. A remote
// one cannot be started again; giveUp lets the timeline go on there. A run that waits behind a prompt from ComfyUI's own
// page is not silent, unless that prompt has killed the executor.
func (g *guard) watch(ctx context.Context, r *Runner, j job.Job, run *comfy.Run, giveUp func()) {
	for silent := time.Since(run.LastSign()); silent < g.limit; silent = time.Since(run.LastSign()) {
		if sleep(ctx, min(checkInterval, g.limit-silent)); ctx.Err() != nil {
			return
		}
		switch running := run.Progress().Running; {
		case running && time.Since(run.LastSign()) < checkInterval:
			r.Engine.Working()
		case !running && r.Engine.Stalled():
			r.Engine.Lose(errExecutor)
			return
		}
	}
	r.Log.Error("run gives no sign of life, interrupting it", "worker", r.Worker, "job", j.ID, "attempt", j.Attempt, "limit", g.limit)
	g.early.Store(!run.Progress().Running)
	g.stuck.Store(true)
	r.Interrupt(j)
	if sleep(ctx, interruptTimeout); ctx.Err() != nil {
		return
	}
	if r.Engine.Lose(errStuck) {
		r.Log.Error("the interrupt is not heard, starting ComfyUI again", "worker", r.Worker, "job", j.ID)
		return
	}
	r.Log.Error("the interrupt is not heard, and a remote ComfyUI cannot be started again from here", "worker", r.Worker, "job", j.ID)
	g.left.Store(true)
	giveUp()
}

// blames reports whether the job is to answer for the silence: its run was ended for it. Before it had begun its ComfyUI was silent.
func (g *guard) blames() bool { return g.stuck.Load() && (!g.early.Load() || g.left.Load()) }

// excuses reports whether the run was taken back, or its ComfyUI ended, because that was silent before it had begun.
func (g *guard) excuses() bool { return g.stuck.Load() && !g.blames() }

// failure returns the error of the job.
func (g *guard) failure() job.Failure {
	return job.Failure{
		Reason:  job.Timeout,
		Message: fmt.Sprintf("the run gave no sign of life for %v, which is its limit, and was given up", g.limit),
	}
}
