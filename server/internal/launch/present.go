package launch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// program is a ComfyUI that was started here.
type program interface {
	ID() process.ID
	Done() <-chan struct{}
	Exit() string
	Stop(ctx context.Context, grace time.Duration) error
}

var _ program = (*process.Process)(nil)

// present is the process that is there now, and the life of the runs on it.
type present struct {
	mu      sync.Mutex
	program program                 // nil: none that is known
	life    context.Context         // done when that process is gone, with its cause
	end     context.CancelCauseFunc // ends life
}

func (p *present) reset() {
	p.life, p.end = context.WithCancelCause(context.Background())
}

func (p *present) get() (program, context.Context, context.CancelCauseFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.program, p.life, p.end
}

// running is the process; nil when there is none.
func (e *Engine) running() program {
	program, _, _ := e.present.get()
	return program
}

// hold makes a process the present one. Runs on it end when it does.
func (e *Engine) hold(p program) {
	e.present.mu.Lock()
	e.present.program = p
	e.present.reset()
	end := e.present.end
	e.present.mu.Unlock()
	go func() {
		<-p.Done()
		end(&exitError{exit: p.Exit(), lines: e.tail(shownLines)})
	}()
}

// Bind is a context that ends with ctx, or when the present process is gone; its cause says why. The caller cancels it.
func (e *Engine) Bind(ctx context.Context) (context.Context, context.CancelFunc) {
	_, life, _ := e.present.get()
	return either(ctx, life)
}

// either ends when one of two contexts does, with its cause.
func either(ctx, other context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// Lose ends all runs on the present process, which is started again. It reports false, and does nothing, when ComfyUI is not
// the service's to start.
func (e *Engine) Lose(reason error) bool {
	if e.isRemote() {
		return false
	}
	_, _, end := e.present.get()
	end(reason)
	return true
}

// Sick is told that ComfyUI fails every prompt. It is lost; where it cannot be, it is shown as failing until the Trial says that
// it has recovered. It reports whether ComfyUI is started again.
func (e *Engine) Sick(reason error) bool {
	if e.Lose(reason) {
		return true
	}
	e.Status.say(health.Offline, in("%s; it has to be started again where it runs", reason))
	return false
}

// exitError says that ComfyUI ended.
type exitError struct {
	exit  string
	lines []string
}

// Plain leaves out what ComfyUI said.
func (e *exitError) Plain() string { return fmt.Sprintf("ComfyUI ended (%s)", e.exit) }

func (e *exitError) Error() string {
	if len(e.lines) == 0 {
		return fmt.Sprintf("ComfyUI ended (%s) without a word", e.exit)
	}
	return fmt.Sprintf("ComfyUI ended (%s); its last lines:\n    %s", e.exit, strings.Join(e.lines, "\n    "))
}

// endedWell reports whether ComfyUI ended without an error.
func endedWell(err error) bool {
	ended := new(exitError)
	return errors.As(err, &ended) && ended.exit == process.ExitedWell
}
