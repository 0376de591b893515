package measure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
)

// After an edit of the first workflow the estimate may be wrong, and of the others nothing is known at first. That stays so until
// they can be measured without getting into anybody's way: nothing has run for a while and no slot is near. A job that falls due all
// the same has precedence; then the next attempt waits for a longer quiet.

// maxQuiet is the longest quiet that a measurement waits for.
const maxQuiet = 10 * time.Minute

// measurement is one under way.
type measurement struct {
	workflow string
	cancel   context.CancelFunc
	done     chan struct{}
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

// Run measures again what is in doubt, and for the first time what never was, when it is quiet, until ctx ends.
func (m *Meter) Run(ctx context.Context) {
	for sleep(ctx, m.Pace.Look); ctx.Err() == nil; sleep(ctx, m.Pace.Look) {
		m.measureWhenQuiet(ctx)
	}
}

// task is a workflow that is to be measured.
type task struct {
	id     string
	graph  string // hash; empty: the first workflow, again after an edit
	length int64  // that its runs are expected to take, in milliseconds
}

// next chooses what is to be measured.
func (m *Meter) next(ctx context.Context, doubtful bool) (t task, found bool) {
	all := m.Candidates(ctx)
	m.recallAll(all)
	if doubtful {
		if _, reason := m.bootable(); reason == "" {
			t.id = m.Workflow
		} else {
			m.mu.Lock()
			m.doubtful = false // it is not run any more
			m.mu.Unlock()
		}
	}
	if t.id == "" {
		c, found := m.Ledger.Next(m.Now(), m.Every, all)
		if !found {
			return t, false
		}
		t.id, t.graph = c.ID, c.Graph
	}
	if known, is := m.Learned.Estimate(t.id, nil); is {
		t.length = runs * known.Expected
	}
	return t, true
}

// leastLength is a length in milliseconds that no measurement stays below: none begins that would have to make way at once.
const leastLength = 5000

// runs times its expected duration is what a measurement may take: cold, warm and something over.
const runs = 3

// measureWhenQuiet begins to measure something, if something is to be measured and this is the time.
func (m *Meter) measureWhenQuiet(ctx context.Context) {
	m.mu.Lock()
	quiet := m.jobs == 0 && m.measuring == nil && time.Since(m.busyUntil) >= max(m.quiet, m.Pace.Quiet)
	doubtful := m.doubtful
	m.mu.Unlock()
	if !quiet || m.Status.Get().Status != health.Ready {
		return
	}
	t, found := m.next(ctx, doubtful)
	if !found || m.DueWithin(ctx, max(t.length, leastLength)) || !m.idle(ctx) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	begun := &measurement{t.id, cancel, make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.jobs > 0 {
		cancel()
		return
	}
	m.measuring, m.evicted = begun, 0
	if t.graph == "" {
		m.doubtful = false
	}
	go m.measure(ctx, begun, t)
}

// measure runs a workflow twice, and notes what came of it. Where it was disturbed, the next try waits longer.
func (m *Meter) measure(ctx context.Context, now *measurement, t task) {
	began := time.Now()
	found, err := m.runTwice(ctx, t)
	disturbed := ctx.Err() != nil
	now.cancel()
	done := Done{outcomeOf(found, err, disturbed), time.Since(began), 0}
	m.mu.Lock()
	m.measuring, done.Evicted = nil, m.evicted
	switch {
	case disturbed:
		m.quiet = min(2*max(m.quiet, m.Pace.Quiet), maxQuiet)
		m.doubtful = m.doubtful || t.graph == ""
	case err == nil:
		m.quiet = m.Pace.Quiet
	}
	m.mu.Unlock()
	if !disturbed {
		m.note(context.WithoutCancel(ctx), t, found, err)
	}
	m.Status.Change(func(*health.Worker) {}) // for whoever waits for it
	close(now.done)
	if m.OnDone != nil {
		m.OnDone(done)
	}
	log := m.Log.With("worker", m.Worker, "workflow", t.id, "evicted_models", done.Evicted)
	what := "the workflow"
	if t.graph == "" {
		what = "the edited workflow"
	}
	switch {
	case disturbed:
		log.Info("the measurement of " + what + " made way")
	case err != nil:
		log.Error(what+" cannot be measured", "err", err)
		m.Status.Notice(t.id, fmt.Sprintf("%s %s does not run: %s", what, t.id, inOneLine(err)))
	default:
		log.Info(what+" was measured",
			"cold_ms", found.ColdMS, "benchmark_ms", found.WarmMS, "bad", found.Bad, "elapsed_ms", time.Since(began).Milliseconds())
	}
}

func outcomeOf(found measured.Entry, err error, disturbed bool) Outcome {
	switch {
	case disturbed:
		return MadeWay
	case err != nil:
		return Failed
	case found.Bad != "":
		return BadResult
	}
	return Good
}

func inOneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// longest bounds a measurement: what takes longer is known from jobs.
const longest = time.Hour

var errTooLong = fmt.Errorf("it had not ended after %v", longest)

// runTwice runs a workflow with nothing loaded and right after that. A result that cannot be used ends it.
func (m *Meter) runTwice(ctx context.Context, t task) (found measured.Entry, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, errTooLong)
	defer cancel()
	offer, can := m.Offer(t.id)
	if !can {
		return found, errUnfit
	}
	cold, err := m.generate(ctx, offer, "warm-up")
	if err != nil {
		return found, err
	}
	found = measured.Entry{ColdMS: cold.took.Milliseconds(), WarmMS: cold.took.Milliseconds(), Bad: cold.bad}
	if found.Bad != "" {
		return found, nil
	}
	warm, err := m.generate(ctx, offer, "benchmark")
	if err != nil {
		return found, err
	}
	found.Bad = warm.bad
	if !warm.cached { // else the first run is all that is known
		found.WarmMS = warm.took.Milliseconds()
	}
	return found, nil
}

// note keeps what came of a measurement and makes it what slots go by.
func (m *Meter) note(ctx context.Context, t task, found measured.Entry, err error) {
	offer, _ := m.Offer(t.id)
	graph := t.graph
	if graph == "" && offer.Version != nil {
		graph = offer.GraphHash()
	}
	var failed error
	switch {
	case err != nil && t.graph != "":
		failed = m.Ledger.Failed(ctx, graph, inOneLine(err), m.Now())
	case err != nil:
	case t.graph == "":
		failed = m.Ledger.Booted(ctx, graph, found, m.Now())
	default:
		failed = m.Ledger.Measured(ctx, graph, found, m.Now())
	}
	if failed != nil {
		m.Log.Error("what was measured is forgotten at the next start", "worker", m.Worker, "err", failed)
	}
	if err != nil {
		return
	}
	if t.id == m.Workflow && found.Bad == "" {
		m.measured(offer, time.Duration(found.WarmMS)*time.Millisecond)
	} else if found.Bad == "" {
		m.estimate(offer, max(1, found.WarmMS))
	}
	m.Judged(t.id)
}

// Runs returns the workflow that is being measured; empty: none.
func (m *Meter) Runs() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.measuring == nil {
		return ""
	}
	return m.measuring.workflow
}
