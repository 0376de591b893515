package day

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
)

// workers are a quick one and a slow one.
var workers = []string{"quick", "slow"}

// pace says how many times as long runs take.
var pace = map[string]float64{"quick": 1, "slow": 1.6}

// gpu is the ComfyUI of a worker: it has the models of one workflow in memory.
type gpu struct {
	house  *house
	worker string
	lane   *learned.Lane

	mu        sync.Mutex
	loaded    string
	interrupt map[string]chan struct{}
	runs      []ran
}

// ran is a run as it went.
type ran struct {
	job        job.Job // as it was when it started
	began, end int64
	cut        bool // it was cancelled
}

// takes draws the time of a run. The noise is that of the order, wherever and whenever it runs.
func (g *gpu) takes(j job.Job, noise *rand.Rand) time.Duration {
	g.mu.Lock()
	cold := g.loaded != j.Workflow
	g.loaded = j.Workflow
	g.mu.Unlock()
	ms := g.house.shelf.laws[j.Workflow].Measure(of(j.Inputs), learn.Start{Cold: cold}, noise) * pace[g.worker]
	return time.Duration(ms * float64(time.Millisecond))
}

// Run implements dispatch.Runner, as the rest does.
func (g *gpu) Run(ctx context.Context, j job.Job, begins func() bool, posted func()) dispatch.Outcome {
	if !begins() {
		return dispatch.Outcome{Verdict: dispatch.NotStarted}
	}
	stop := make(chan struct{})
	g.mu.Lock()
	g.interrupt[j.ID] = stop
	g.mu.Unlock()
	began := time.Now()
	run := g.lane.Posts(g.house.shelf.offers[j.Workflow], j.Inputs, j.Estimate)
	takes := g.takes(j, g.house.noise(j.ID))
	posted()
	outcome := dispatch.Outcome{Verdict: dispatch.Completed}
	select {
	case <-time.After(takes):
		run.Ended(learned.End{Took: float64(takes.Microseconds()) / 1000},
			learned.Point{StartedAt: began.UnixMilli(), Expected: j.Estimate, Slot: j.Duration})
	case <-stop:
		outcome.Verdict = dispatch.Interrupted
	case <-ctx.Done():
		return dispatch.Outcome{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs = append(g.runs, ran{j, began.UnixMilli(), time.Now().UnixMilli(), outcome.Verdict == dispatch.Interrupted})
	return outcome
}

// Interrupt ends a run.
func (g *gpu) Interrupt(j job.Job) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if stop := g.interrupt[j.ID]; stop != nil {
		close(stop)
		delete(g.interrupt, j.ID)
	}
}

// Ready says that it is always ready: nothing goes wrong on this day.
func (g *gpu) Ready(context.Context) (bool, string) { return true, "" }

// Trouble tells of none.
func (g *gpu) Trouble() string { return "" }

// Changed never happens.
func (g *gpu) Changed() <-chan struct{} { return nil }

// Clear has nothing to clear.
func (g *gpu) Clear() {}

// Prepare has nothing to prepare.
func (g *gpu) Prepare(context.Context, job.Job) {}

// HasFiles says that nothing is missing: no job takes files.
func (g *gpu) HasFiles(context.Context, job.Job) bool { return true }

// Adopt finds nothing: the service is never killed.
func (g *gpu) Adopt(context.Context, job.Job) dispatch.Outcome { return dispatch.Outcome{} }

// Fate knows nothing.
func (g *gpu) Fate(context.Context, job.Job) dispatch.Outcome { return dispatch.Outcome{} }

// FreeMemory is not called: there are no pauses.
func (g *gpu) FreeMemory(context.Context) {}

// measure finds out how long the products take, as a service does that is set up: a first run, which loads the models, and one with the
// defaults.
func (g *gpu) measure(rnd *rand.Rand) (benchmarks map[string]int64) {
	g.lane.Up()
	g.lane.Unloaded()
	benchmarks = map[string]int64{}
	for i := range products {
		p := &products[i]
		offer, first := g.house.shelf.offers[p.id], job.Job{Workflow: p.id, Inputs: p.defaults()}
		run := g.lane.Posts(offer, first.Inputs, 0)
		run.Measured(learned.End{Took: float64(g.takes(first, rnd).Milliseconds())})
		benchmarks[p.id] = g.takes(first, rnd).Milliseconds()
		g.lane.Benchmark(offer, benchmarks[p.id])
	}
	return benchmarks
}
