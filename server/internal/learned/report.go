package learned

import (
	"cmp"
	"math"
	"slices"
)

// Report tells how good the estimates of a workflow on a worker were, by the latest jobs.
type Report struct {
	Worker   string
	Workflow string
	Jobs     int // that have taught, of all times
	Figures
	Recent []Point // the oldest first
}

// Figures sum up jobs beside what was expected of them. Without jobs they are 0.
type Figures struct {
	Bias      float64 // median of how much too long a job was expected to be, as a part of its own time; below 0: too short
	ErrorP50  float64 // how far half of the expectations were off at most, as a part of the time of their jobs
	ErrorP90  float64
	Coverage  float64 // part of the jobs that ended within their slots
	SlotRatio float64 // median of slots as a part of the time of their jobs
}

// FiguresOf sums up points.
func FiguresOf(points []Point) (f Figures) {
	var biases, errors, slots []float64
	within := 0
	for _, p := range points {
		if p.Actual <= 0 {
			continue
		}
		off := float64(p.Expected-p.Actual) / float64(p.Actual)
		biases, errors = append(biases, off), append(errors, math.Abs(off))
		slots = append(slots, float64(p.Slot)/float64(p.Actual))
		if p.Actual <= p.Slot {
			within++
		}
	}
	if len(errors) == 0 {
		return f
	}
	return Figures{
		Bias:      quantile(biases, .5),
		ErrorP50:  quantile(errors, .5),
		ErrorP90:  quantile(errors, .9),
		Coverage:  float64(within) / float64(len(errors)),
		SlotRatio: quantile(slots, .5),
	}
}

func quantile(values []float64, part float64) float64 {
	slices.Sort(values)
	return values[int(math.Ceil(part*float64(len(values))))-1]
}

// Reports returns those of a worker, or of all, and of a workflow, or of all, in the order of their names. Jobs of a workflow with
// different graphs, because it was edited, count together. The points must not be changed.
func (k *Knowledge) Reports(worker, workflow string) []Report {
	k.mu.RLock()
	found := map[place]*Report{}
	for at, i := range k.items {
		if len(i.Points) == 0 || worker != "" && at.worker != worker || workflow != "" && i.Workflow != workflow {
			continue
		}
		of := place{at.worker, i.Workflow}
		if found[of] == nil {
			found[of] = &Report{Worker: at.worker, Workflow: i.Workflow}
		}
		found[of].Jobs += i.Jobs
		found[of].Recent = append(found[of].Recent, i.Points...)
	}
	k.mu.RUnlock()
	all := make([]Report, 0, len(found))
	for _, r := range found {
		slices.SortStableFunc(r.Recent, func(a, b Point) int { return cmp.Compare(a.StartedAt, b.StartedAt) })
		r.Recent = r.Recent[max(0, len(r.Recent)-maxPoints):]
		r.Figures = FiguresOf(r.Recent)
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Report) int {
		return cmp.Or(cmp.Compare(a.Workflow, b.Workflow), cmp.Compare(a.Worker, b.Worker))
	})
	return all
}
