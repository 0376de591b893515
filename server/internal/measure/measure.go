// Package measure finds out how long generations take on one ComfyUI, and whether their results can be used: of the first workflow
// with the boot and after an edit, of the others in free time. It also tries whether a ComfyUI that was found to fail everything works
// again.
package measure

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Engine is the process of a ComfyUI, as far as a measurement has to do with it.
type Engine interface {
	// Bind is a context that ends with ctx, or when the present process is gone; its cause says why.
	Bind(ctx context.Context) (context.Context, context.CancelFunc)
	// Working is told that a prompt runs just now.
	Working()
}

// Status holds the state of the worker.
type Status interface {
	Get() health.Worker
	// Change changes it and tells everybody.
	Change(func(*health.Worker))
	// Notice tells the operator what is wrong with a workflow; empty: nothing any more.
	Notice(workflow, text string)
}

// Config holds the ComfyUI that a meter measures on and the rules for that.
type Config struct {
	Worker   string
	Client   *comfy.Client
	Engine   Engine
	Status   Status
	Workflow string // id of the first workflow, which is measured
	// First returns it as this ComfyUI has it, and whether it has all that the workflow needs.
	First func() (o workflow.Offer, runs bool)
	// Candidates are the workflows that this ComfyUI has all for, in the order of the menu, with how often each was booked lately.
	Candidates func(ctx context.Context) []measured.Candidate
	// Offer returns a workflow as this ComfyUI has it, and whether it has all that the workflow needs.
	Offer func(workflow string) (o workflow.Offer, runs bool)
	// Found returns the files that the run of a name has left, below the output folder.
	Found func(ctx context.Context, v *workflow.Version, name string) []string
	// Judged is told that the result of a workflow was judged anew.
	Judged func(workflow string)
	// OnDone is told what came of measuring in free time; nil: nobody wants to know.
	OnDone       func(Done)
	Ledger       *measured.Ledger
	Every        time.Duration // between two workflows that are measured unasked; 0: none is
	Now          func() time.Time
	WarmupPrompt string
	Learned      *learned.Lane // is told what was measured and what is run
	// DueWithin reports whether a slot or a pause begins within that many milliseconds.
	DueWithin func(ctx context.Context, ms int64) bool
	OutputDir string // empty: what a measurement writes cannot be removed
	File      string // the benchmark, for the next start
	Earlier   store.Records
	Pace      Pace // zero: DefaultPace
	Log       *slog.Logger
}

// Pace holds the waiting times of a meter.
type Pace struct {
	Look  time.Duration // between two looks whether it is quiet, or ComfyUI idle
	Quiet time.Duration // without a run, before an edited workflow is measured; doubles with each disturbance
	Probe time.Duration // between two tries whether a ComfyUI that fails every prompt works again
}

// DefaultPace is the one of a service; tests hurry.
func DefaultPace() Pace {
	return Pace{Look: 2 * time.Second, Quiet: 10 * time.Second, Probe: time.Minute}
}

// Meter measures on one ComfyUI. It is safe for concurrent use.
type Meter struct {
	Config

	mu        sync.Mutex
	stored    int64         // the benchmark of an earlier boot, in milliseconds; 0: none
	warm      generation    // of the boot's first run
	fresh     bool          // stored is of this workflow as it is, on this ComfyUI
	doubtful  bool          // the estimate is to be measured again
	quiet     time.Duration // after this long without a run
	jobs      int           // that are being run
	busyUntil time.Time
	measuring *measurement // nil: none
	loaded    []string     // models of the last run
	evicted   int          // models that were loaded before the measurement under way and are not used by it
	distrust  bool         // jobs run again only after a generation that went well
	probed    time.Time    // when that was last tried
}

// New makes a meter. Nothing is measured.
func New(c Config) *Meter {
	if c.Pace == (Pace{}) {
		c.Pace = DefaultPace()
	}
	return &Meter{Config: c}
}

// noMeasuring says why a generation now would get into the way of a job, or a job into its way; nothing when neither
// does. Without a stored benchmark there is no choice: it has to be measured.
func (m *Meter) noMeasuring(ctx context.Context, attached bool) string {
	m.mu.Lock()
	stored, fresh, distrust := m.stored, m.fresh, m.distrust
	m.mu.Unlock()
	switch {
	case stored == 0, distrust:
		return ""
	case attached && fresh:
		return "ComfyUI was running already"
	case m.DueWithin(ctx, 2*stored):
		return "a booked slot falls due meanwhile"
	case attached && !m.idle(ctx):
		return "ComfyUI is at work"
	}
	return ""
}

// idle reports whether ComfyUI has nothing to do.
func (m *Meter) idle(ctx context.Context) bool {
	queue, err := m.Client.Queue(ctx)
	return err == nil && len(queue.Running)+len(queue.Pending) == 0
}

// setBenchmarking is for the first boot. Later on bookings go on, and the status tells of more than a measurement.
func (m *Meter) setBenchmarking(reason string) {
	if s := m.Status.Get().Status; s == health.Booting || s == health.Benchmarking {
		m.Status.Change(func(w *health.Worker) { w.Become(health.Benchmarking, reason) })
	}
}

// estimate makes a duration that of a workflow on this worker.
func (m *Meter) estimate(o workflow.Offer, took int64) {
	m.Learned.Benchmark(o, took)
	m.Shows(o)
}

// Shows tells everybody how long a workflow takes, when that is another time than was told before, by more than it differs from run to
// run anyway.
func (m *Meter) Shows(o workflow.Offer) {
	if known, is := m.Learned.Sum(o); is {
		m.show(o.ID, known)
	}
}

func (m *Meter) show(workflow string, known estimate.Estimate) {
	for _, told := range m.Status.Get().Estimates {
		if told.Workflow == workflow && told.Basis == known.Basis && told.BenchmarkMS == known.BenchmarkMS &&
			alike(told.ExpectedMS, known.ExpectedMS) && alike(told.SlotDurationMS, known.SlotDurationMS) {
			return
		}
	}
	m.Status.Change(func(s *health.Worker) {
		all := slices.DeleteFunc(slices.Clone(s.Estimates), func(e estimate.Estimate) bool { return e.Workflow == workflow })
		if workflow == m.Workflow { // the benchmark stands first
			s.Estimates = append([]estimate.Estimate{known}, all...)
		} else {
			s.Estimates = append(all, known)
		}
	})
}

// alike reports whether two durations differ by less than is worth telling.
func alike(a, b int64) bool {
	const part = 50
	return a-b <= b/part && b-a <= b/part
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
