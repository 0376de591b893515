package learned

import (
	"math"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/course"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Run is a run under way, from the post of its graph.
type Run struct {
	lane     *Lane
	workflow string
	plan     *features.Plan
	features learn.Features
	memory   memory
	start    learn.Start

	mu     sync.Mutex
	course *course.Run
}

// Posts is told that a graph is posted. expected is what the run is expected to take, in milliseconds; 0: what is known now says it.
func (l *Lane) Posts(o workflow.Offer, values workflow.Values, expected int64) *Run {
	k := l.knowledge
	plan := k.plan(o)
	r := &Run{lane: l, workflow: o.ID, plan: plan, features: plan.Of(values, k.size)}
	r.memory, r.start = l.posts(r.features.Models, plan.Graph, plan.Shape(values))
	k.mu.RLock()
	i := k.items[place{l.id, plan.Graph}]
	k.mu.RUnlock()
	if i == nil {
		i = &item{Model: &learn.Model{}}
	}
	if p := i.model().Predict(r.features, r.start); i.Jobs > 0 {
		expected = whole(p.MiddleMS) // it is known by now what lies in memory
	} else if expected == 0 {
		length, _ := k.of(l.id, o, values)
		expected = length.Expected
	}
	r.course = i.Course.Begin(r.work(), float64(expected), r.start.Cold)
	return r
}

// Joins is Posts for a run that began before anybody looked. It teaches nothing, but its models are in memory.
func (l *Lane) Joins(o workflow.Offer, values workflow.Values, expected int64) *Run {
	k := l.knowledge
	plan := k.plan(o)
	r := &Run{lane: l, workflow: o.ID, plan: plan, features: plan.Of(values, k.size)}
	k.mu.RLock()
	i := k.items[place{l.id, plan.Graph}]
	k.mu.RUnlock()
	if i == nil {
		i = &item{}
	}
	l.joins(r.features.Models)
	r.course = i.Course.Begin(r.work(), float64(expected), false)
	return r
}

// work gives steps and size in the units of the course.
func (r *Run) work() course.Work {
	size := 1.0
	for _, n := range []float64{r.features.Pixels, r.features.Batch, r.features.Frames} {
		if n > 0 {
			size *= n
		}
	}
	return course.Work{Steps: r.features.Steps, Size: size}
}

// At returns how far the run is, from 0 to 1 of its time, and when it will end, in milliseconds after its start.
func (r *Run) At(s course.State) (fraction, end float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.course.At(s)
}

// End describes a run that went well.
type End struct {
	Took   float64 // milliseconds from the post to the known result
	Cached []string
	Spans  []course.Span
	Behind bool // it waited for prompts of others
}

// EndOf is the end of a run that ComfyUI says went well.
func EndOf(t comfy.Times, o comfy.Outcome, took time.Duration) End {
	e := End{Took: float64(took.Microseconds()) / 1000, Cached: o.CachedNodes, Behind: t.Waited}
	for _, s := range t.Spans {
		e.Spans = append(e.Spans, course.Span{Node: s.Node, Took: float64(s.Took.Microseconds()) / 1000, Steps: s.Steps})
	}
	return e
}

// Ended learns from a job that ended well. p says how it was expected.
func (r *Run) Ended(e End, p Point) {
	if e.Behind || r.plan.Cached(e.Cached) || e.Took <= 0 {
		return
	}
	r.lane.learn(r, func(i *item) {
		r.settle(i, e)
		i.adopt()
		if i.Measured == nil {
			i.Measured = &r.features
		}
		i.Model.Observe(learn.Run{Features: r.features, Start: r.start, TookMS: e.Took})
		i.Course = i.Course.Observe(r.work(), e.Spans, r.start.Cold)
		p.Actual, p.Loaded = whole(e.Took), r.start.Cold
		i.add(p)
	})
}

// Measured learns from a run of the service's own that ended well: how its time is spread, and how long its models take to be loaded.
func (r *Run) Measured(e End) {
	if e.Behind || r.plan.Cached(e.Cached) || e.Took <= 0 {
		return
	}
	r.lane.learn(r, func(i *item) {
		if r.memory == cold {
			i.Model.Observe(learn.Run{Features: r.features, Start: r.start, TookMS: e.Took})
		}
		i.Course = i.Course.Observe(r.work(), e.Spans, r.start.Cold)
	})
}

// settle finds out whether a run that came after others had to load its models again: whichever is nearer to the time that it took.
func (r *Run) settle(i *item, e End) {
	if r.memory != unsure {
		return
	}
	start := r.start
	kept := i.model().Predict(r.features, start)
	start.Cold = true
	loaded := i.model().Predict(r.features, start)
	if kept.MiddleMS <= 0 || loaded.MiddleMS <= kept.MiddleMS*1.02 {
		return
	}
	r.start.Cold = math.Abs(math.Log(e.Took/loaded.MiddleMS)) < math.Abs(math.Log(e.Took/kept.MiddleMS))
	if r.start.Cold {
		i.Switches.Loaded++
	} else {
		i.Switches.Kept++
	}
}

// Benchmark learns how long a run with the values of the defaults takes, with its models loaded, instead of what was measured before.
func (l *Lane) Benchmark(o workflow.Offer, took int64) {
	l.up.Store(true)
	k := l.knowledge
	plan := k.plan(o)
	f := plan.Of(o.Complete(nil, func(uint64) uint64 { return 0 }), k.size)
	r := &Run{lane: l, workflow: o.ID, plan: plan, features: f}
	l.learn(r, func(i *item) {
		if i.Benchmark == took {
			return
		}
		i.Benchmark, i.Measured = took, &f
		i.Model.Benchmark(f, float64(took))
	})
}

// Sum sums up what is known of a workflow with the values of its defaults; false where nothing is, which may be guessed all the same.
func (l *Lane) Sum(o workflow.Offer) (e estimate.Estimate, known bool) {
	k := l.knowledge
	graph := k.plan(o).Graph
	k.mu.RLock()
	i := k.items[place{l.id, graph}]
	k.mu.RUnlock()
	if i == nil || i.empty() {
		return e, false
	}
	length, _ := k.of(l.id, o, o.Complete(nil, func(uint64) uint64 { return 0 }))
	return estimate.Estimate{
		Workflow:       o.ID,
		BenchmarkMS:    i.Benchmark,
		ExpectedMS:     length.Expected,
		SlotDurationMS: length.Slot,
		Basis:          length.Basis,
	}, true
}

// learn changes what is known of the graph of a run, and has it written down.
func (l *Lane) learn(r *Run, change func(*item)) {
	k := l.knowledge
	k.teaching.Lock()
	at := place{l.id, r.plan.Graph}
	k.mu.RLock()
	i := k.items[at].next()
	k.mu.RUnlock()
	i.Graph, i.Workflow, i.At, i.Models = r.plan.Graph, r.workflow, k.Now().UnixMilli(), r.features.Models
	change(i)
	if i.Jobs == 0 {
		i.borrowed = k.borrow(at, i)
	}
	k.put(at, i)
	k.lend(at, i)
	k.teaching.Unlock()
	if tell := l.onLearned.Load(); tell != nil {
		(*tell)(r.workflow)
	}
}
