package learned

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	unknown   = 60_000 // milliseconds, where nothing was measured at all
	certain   = 5      // jobs after which the margin that nobody has set is 0
	far       = 4.0    // times what a measurement took is a guess
	leastPart = .25    // of the measurement of another workflow, and
	mostParts = 20.0   // times it, is what a guess by it may be
)

// Estimate implements estimate.Estimator. What was never run on a worker that is up is guessed: by the same workflow on another worker or
// as it was before it was edited, else by the longest that was measured on the worker, else on any, scaled by steps and size.
//
// With nil values it is that of the values with which the workflow was measured, or run first: whoever lists many workflows asks so, and a
// list has no time to make each for its worker.
func (k *Knowledge) Estimate(worker, id string, values workflow.Values) (estimate.Length, bool) {
	there := workflow.There{Worker: worker}
	if values != nil {
		there.Offer, _ = k.Offer(worker, id)
	}
	q := inquiry{Knowledge: k, values: values}
	answer := q.each(id, []workflow.There{there})[0]
	return answer.Length, answer.Known
}

func (k *Knowledge) listed(worker, id string) (estimate.Length, bool) {
	v := k.Version(id)
	if v == nil {
		return k.guess(worker, id, learn.Features{})
	}
	graph := k.graph(v)
	k.mu.RLock()
	i := k.items[place{worker, graph}]
	k.mu.RUnlock()
	if i == nil || i.empty() || i.Measured == nil {
		return k.guess(worker, id, learn.Features{})
	}
	return k.length(i, *i.Measured, learn.Start{}), true
}

// of estimates a run of an offer.
func (k *Knowledge) of(worker string, o workflow.Offer, values workflow.Values) (estimate.Length, bool) {
	q := inquiry{Knowledge: k, values: values}
	return q.on(worker, o)
}

func (i *item) empty() bool { return i.Jobs == 0 && i.Benchmark == 0 && i.borrowed == nil }

// length estimates a run with these features, by one item alone.
func (k *Knowledge) length(i *item, f learn.Features, start learn.Start) estimate.Length {
	m := i.model()
	warm := m.Predict(f, start)
	start.Cold = true
	cold := m.Predict(f, start)
	load, loadSlot := max(0, cold.MiddleMS-warm.MiddleMS), max(0, cold.BoundMS-warm.BoundMS)
	if i.keepsModels() {
		load, loadSlot = 0, 0
	}
	basis := estimate.Learned
	switch {
	case i.Jobs == 0 && i.Benchmark > 0:
		basis = i.byMeasurement(m, f, &warm)
	case i.Jobs == 0 || warm.Guess:
		basis = estimate.Guess
	}
	return estimate.Length{
		Expected: whole(warm.MiddleMS),
		Slot:     k.Rules.Bound(whole(warm.MiddleMS), whole(warm.BoundMS), i.Jobs >= certain),
		Load:     whole(load),
		LoadSlot: whole(max(load, loadSlot)),
		Basis:    basis,
	}
}

// byMeasurement makes a prediction fit the measurement that is all there is: with its own values it is what was measured.
func (i *item) byMeasurement(m *learn.Model, f learn.Features, p *learn.Prediction) estimate.Basis {
	if i.Measured == nil || same(*i.Measured, f) {
		p.MiddleMS, p.BoundMS = float64(i.Benchmark), float64(i.Benchmark)
		return estimate.Measured
	}
	factor := float64(i.Benchmark) / max(1, m.Predict(*i.Measured, learn.Start{}).MiddleMS)
	p.MiddleMS, p.BoundMS = p.MiddleMS*factor, p.BoundMS*factor
	if times := p.MiddleMS / float64(i.Benchmark); times > far || times < 1/far {
		return estimate.Guess
	}
	return estimate.Measured
}

func same(a, b learn.Features) bool {
	return a.Steps == b.Steps && a.Pixels == b.Pixels && a.Frames == b.Frames && a.Batch == b.Batch &&
		maps.Equal(a.Choices, b.Choices) && maps.Equal(a.Numbers, b.Numbers)
}

func whole(ms float64) int64 {
	if math.IsNaN(ms) {
		return 0
	}
	return int64(math.Ceil(max(0, min(ms, 1e12))))
}

// guess estimates what was never run on a worker; false when that was never up.
func (k *Knowledge) guess(worker, id string, f learn.Features) (estimate.Length, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	lane := k.workers[worker]
	if lane == nil || !lane.up.Load() {
		return estimate.Length{}, false
	}
	length := estimate.Length{Basis: estimate.Guess, Models: f.Models}
	if i := k.before(worker, id); i != nil {
		known := k.length(i, f, learn.Start{})
		length.Expected, length.Slot, length.Load, length.LoadSlot = known.Expected, known.Slot, known.Load, known.LoadSlot
		return length, true
	}
	length.Expected = unknown
	for _, on := range []func(place, *item) bool{
		func(_ place, i *item) bool { return i.Workflow == id },
		func(p place, _ *item) bool { return p.worker == worker },
		func(place, *item) bool { return true },
	} {
		if i := k.longest(on); i != nil {
			length.Expected = i.scaled(f)
			break
		}
	}
	length.Slot = k.Rules.Bound(length.Expected, length.Expected, false)
	return length, true
}

// before returns the item of the graph that a workflow had before it was edited; nil: there is none. k.mu is held.
func (k *Knowledge) before(worker, id string) *item {
	if i := k.items[place{worker, k.latest[place{worker, id}]}]; i != nil && !i.empty() {
		return i
	}
	return nil
}

// longest is the one of some that was measured to take longest; nil: none was. k.mu is held.
func (k *Knowledge) longest(on func(place, *item) bool) (most *item) {
	for _, p := range slices.SortedFunc(maps.Keys(k.items), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.worker, b.worker), cmp.Compare(a.of, b.of))
	}) {
		if i := k.items[p]; i.Benchmark > 0 && on(p, i) && (most == nil || i.Benchmark > most.Benchmark) {
			most = i
		}
	}
	return most
}

// scaled takes a measurement for that of a run with other features: another workflow's even.
func (i *item) scaled(f learn.Features) int64 {
	if i.Measured == nil {
		return i.Benchmark
	}
	part := func(own, other float64) float64 {
		if own <= 0 || other <= 0 {
			return 1
		}
		return own / other
	}
	m := i.Measured
	times := part(f.Steps, m.Steps) * part(f.Pixels, m.Pixels) * part(f.Batch, m.Batch) * part(f.Frames, m.Frames)
	return whole(float64(i.Benchmark) * max(leastPart, min(times, mostParts)))
}
