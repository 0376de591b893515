package trial

import (
	"fmt"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

// estimator can be tried.
type estimator interface {
	// benchmark is told before the first run.
	benchmark(f learn.Features, took float64)
	observe(r learn.Run)
	// predict gives the middle and the bound.
	predict(f learn.Features, s learn.Start) (middle, bound float64)
}

// learned is the model itself.
type learned struct{ learn.Model }

func (m *learned) benchmark(f learn.Features, took float64) { m.Benchmark(f, took) }
func (m *learned) observe(r learn.Run)                      { m.Observe(r) }
func (m *learned) predict(f learn.Features, s learn.Start) (middle, bound float64) {
	p := m.Predict(f, s)
	return p.MiddleMS, p.BoundMS
}

// margin widens a figure that says nothing about its own error.
const margin = 1.1

// once goes by one benchmark, whatever the values.
type once struct{ took float64 }

func (o *once) benchmark(_ learn.Features, took float64) { o.took = took }
func (o *once) observe(learn.Run)                        {}
func (o *once) predict(learn.Features, learn.Start) (middle, bound float64) {
	return o.took, o.took * margin
}

// lastFive goes by the median of the last five runs with equal values, else of any, else by the benchmark.
type lastFive struct {
	equal map[string][]float64
	any   []float64
	first float64
}

func (l *lastFive) benchmark(_ learn.Features, took float64) {
	l.first, l.equal = took, map[string][]float64{}
}

func (l *lastFive) observe(r learn.Run) {
	if r.Cached {
		return
	}
	key := fmt.Sprint(r.Features)
	l.equal[key] = append(l.equal[key], r.TookMS)
	l.any = append(l.any, r.TookMS)
}

func (l *lastFive) predict(f learn.Features, _ learn.Start) (middle, bound float64) {
	times := l.equal[fmt.Sprint(f)]
	if len(times) == 0 {
		times = l.any
	}
	middle = l.first
	if len(times) > 0 {
		last := slices.Sorted(slices.Values(times[max(0, len(times)-5):]))
		middle = last[len(last)/2]
	}
	return middle, middle * margin
}
