package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// After an edit of the workflow the estimate may be wrong. It stays, until it can be measured again without getting
// into anybody's way: nothing has run for a while and no slot is near. A job that falls due all the same has precedence;
// then the next attempt waits for a longer quiet.

// maxQuiet is the longest quiet that a measurement waits for.
const maxQuiet = 10 * time.Minute

// measurement is one under way.
type measurement struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// doubt asks for the estimate to be measured again.
func (w *Worker) doubt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubtful, w.quiet, w.busyUntil = true, w.pace.quiet, time.Now()
}

// measureWhenIdle begins to measure again, if that is asked for and this is the time.
func (w *Worker) measureWhenIdle(ctx context.Context) {
	w.mu.Lock()
	wanted := w.doubtful && w.state.Status == health.Ready && w.measuring == nil && len(w.current) == 0 && time.Since(w.busyUntil) >= w.quiet
	estimate := int64(0)
	for _, e := range w.state.Estimates {
		estimate = e.BenchmarkMS
	}
	w.mu.Unlock()
	if !wanted || w.dueWithin(ctx, 3*estimate) || !w.idle(ctx) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	m := &measurement{cancel, make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.current) > 0 {
		cancel()
		return
	}
	w.measuring, w.doubtful = m, false
	go w.measureAgain(ctx, m)
}

func (w *Worker) measureAgain(ctx context.Context, m *measurement) {
	began := time.Now()
	_, err := w.generate(ctx, "warm-up")
	var took time.Duration
	if err == nil {
		took, err = w.generate(ctx, "benchmark")
	}
	if err == nil {
		w.measured(ctx, took)
	}
	disturbed := ctx.Err() != nil
	m.cancel()
	w.set(func(*health.Worker) {
		w.measuring = nil
		if disturbed {
			w.doubtful, w.quiet = true, min(2*w.quiet, maxQuiet)
		}
	})
	close(m.done)
	switch {
	case disturbed:
		w.Log.Info("the measurement of the edited workflow made way", "worker", w.ID)
	case err != nil:
		w.Log.Error("the edited workflow cannot be measured", "worker", w.ID, "err", err)
		w.setNotice(fmt.Sprintf("the edited workflow %s does not run: %s", w.Workflow.ID, inOneLine(err)))
	default:
		w.Log.Info("the edited workflow was measured", "worker", w.ID, "benchmark_ms", took.Milliseconds(), "elapsed_ms", time.Since(began).Milliseconds())
	}
}

// makeWay ends a measurement for the sake of a job. It does not wait.
func (w *Worker) makeWay() (m *measurement, under bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.measuring != nil {
		w.measuring.cancel()
	}
	return w.measuring, w.measuring != nil
}
