package measure

import (
	"context"
	"fmt"
	"strings"
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

// Doubt asks for the estimate to be measured again.
func (m *Meter) Doubt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.doubtful, m.quiet, m.busyUntil = true, m.Pace.Quiet, time.Now()
}

// Begin is told that a job is about to run: until End no measurement begins. One that is under way goes on until it is asked to
// make way.
func (m *Meter) Begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs++
}

// End is told that a job does not run any more.
func (m *Meter) End() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs--
	m.busyUntil = time.Now()
}

// MakeWay ends a measurement for the sake of a job. It does not wait: ended is closed when ComfyUI has dropped it, and nil when
// there is none.
func (m *Meter) MakeWay() (ended <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.measuring == nil {
		return nil
	}
	m.measuring.cancel()
	return m.measuring.done
}

// Measuring reports whether a measurement is under way. The status changes when one ends.
func (m *Meter) Measuring() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.measuring != nil
}

// Run measures again what is in doubt, when it is quiet, until ctx ends.
func (m *Meter) Run(ctx context.Context) {
	for sleep(ctx, m.Pace.Look); ctx.Err() == nil; sleep(ctx, m.Pace.Look) {
		m.measureWhenQuiet(ctx)
	}
}

// measureWhenQuiet begins to measure again, if that is asked for and this is the time.
func (m *Meter) measureWhenQuiet(ctx context.Context) {
	state := m.Status.Get()
	estimate := int64(0)
	for _, e := range state.Estimates {
		estimate = e.BenchmarkMS
	}
	m.mu.Lock()
	quiet := m.jobs == 0 && time.Since(m.busyUntil) >= m.quiet
	wanted := m.doubtful && m.measuring == nil && quiet && state.Status == health.Ready
	m.mu.Unlock()
	if !wanted || m.DueWithin(ctx, 3*estimate) || !m.idle(ctx) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	begun := &measurement{cancel, make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.jobs > 0 {
		cancel()
		return
	}
	m.measuring, m.doubtful = begun, false
	go m.measureAgain(ctx, begun)
}

func (m *Meter) measureAgain(ctx context.Context, now *measurement) {
	began, workflow := time.Now(), m.Workflow
	_, err := m.generate(ctx, "warm-up")
	var took time.Duration
	if err == nil {
		took, err = m.generate(ctx, "benchmark")
	}
	if err == nil {
		m.measured(took)
	}
	disturbed := ctx.Err() != nil
	now.cancel()
	m.mu.Lock()
	m.measuring = nil
	if disturbed {
		m.doubtful, m.quiet = true, min(2*m.quiet, maxQuiet)
	}
	m.mu.Unlock()
	m.Status.Change(func(*health.Worker) {}) // for whoever waits for it
	close(now.done)
	switch {
	case disturbed:
		m.Log.Info("the measurement of the edited workflow made way", "worker", m.Worker)
	case err != nil:
		m.Log.Error("the edited workflow cannot be measured", "worker", m.Worker, "err", err)
		inOneLine := strings.Join(strings.Fields(err.Error()), " ")
		m.Status.Notice(workflow, fmt.Sprintf("the edited workflow %s does not run: %s", workflow, inOneLine))
	default:
		m.Log.Info("the edited workflow was measured",
			"worker", m.Worker, "benchmark_ms", took.Milliseconds(), "elapsed_ms", time.Since(began).Milliseconds())
	}
}
