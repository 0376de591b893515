package booking

import (
	"fmt"
	"maps"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// maxSeries bounds the jobs of a series.
const maxSeries = 100

// SeriesRequest asks for several jobs at once.
type SeriesRequest struct {
	ID       string // made by the client, or empty
	Hash     []byte // of the request
	When     When   // of the first job, or from when on each goes where it fits
	Workflow string
	Version  string
	Worker   string
	Inputs   workflow.Values   // of all jobs
	Items    []workflow.Values // of single ones, before those of all; none: one without any
	Count    int               // seeds for each item; 0: one
	Axes     []Axis            // inputs that are tried with several values
}

// Axis is an input with the values that it is tried with.
type Axis struct {
	Name   string
	Values []workflow.Value
}

// Len counts the jobs that are asked for, as far as one more than a series may have.
func (r SeriesRequest) Len() int {
	n := max(1, len(r.Items)) * max(1, r.Count)
	for _, axis := range r.Axes {
		n = min(n*len(axis.Values), maxSeries+1)
	}
	return min(n, maxSeries+1)
}

// cell is the values of one job, and where they stand in the request.
type cell struct {
	inputs workflow.Values
	item   int   // -1: there are no items
	at     []int // place on each axis
}

// expand gives the values of each job: items, then seeds, then axes, the last one fastest. fault.InvalidFields when they are too many,
// or contradict each other.
func (r SeriesRequest) expand(offered workflow.Offer) (cells []cell, err error) {
	if err := r.check(offered); err != nil {
		return nil, err
	}
	items, from := r.Items, 0
	if len(items) == 0 {
		items, from = []workflow.Values{nil}, -1
	}
	for i, item := range items {
		values := maps.Clone(r.Inputs)
		if values == nil {
			values = workflow.Values{}
		}
		maps.Copy(values, item)
		for k := range max(1, r.Count) {
			cells = append(cells, r.grid(cell{inputs: r.seeded(offered, values, k), item: i + from})...)
		}
	}
	return cells, nil
}

// check refuses a series of too many jobs, and what is set twice.
func (r SeriesRequest) check(offered workflow.Offer) error {
	if r.Len() > maxSeries {
		return fault.Invalid("items", fmt.Sprintf("a series has at most %d jobs, and this one would have more", maxSeries))
	}
	var wrong fault.Fields
	seen := map[string]bool{}
	seed := seedOf(offered)
	for i, axis := range r.Axes {
		name := fmt.Sprintf("axes[%d].input_name", i)
		if _, set := r.Inputs[axis.Name]; set || seen[axis.Name] {
			wrong.Add(name, "", fmt.Sprintf("%q is set by something else, too", axis.Name))
		}
		if axis.Name == seed && r.Count > 1 {
			wrong.Add(name, "", "the seeds are counted already: give the values, or how many")
		}
		seen[axis.Name] = true
	}
	for i, item := range r.Items {
		for name := range item {
			if seen[name] {
				wrong.Add(fmt.Sprintf("items[%d].inputs", i), name, "is set by an axis, too")
			}
		}
	}
	if r.Count > 1 && seed == "" {
		wrong.Add("count", "", "the workflow has no seed: all jobs would make the same")
	}
	return wrong.Err()
}

// seeded returns the values with the kth seed: drawn, or so many after the one that is given.
func (r SeriesRequest) seeded(offered workflow.Offer, values workflow.Values, k int) workflow.Values {
	name := seedOf(offered)
	for _, axis := range r.Axes {
		if axis.Name == name {
			return values
		}
	}
	if name == "" {
		return values
	}
	values = maps.Clone(values)
	switch given := values[name].(type) {
	case nil:
		if drawn, has := offered.Complete(nil, random)[name]; has {
			values[name] = drawn
		}
	case workflow.Seed:
		values[name] = given + workflow.Seed(k)
	}
	return values
}

// seedOf is the input that a form says is the seed; empty when it has none.
func seedOf(offered workflow.Offer) string {
	for _, in := range offered.Form.Inputs {
		if in.Role == form.SeedRole && !in.Hidden {
			return in.Name
		}
	}
	return ""
}

// grid multiplies a cell by the axes.
func (r SeriesRequest) grid(start cell) []cell {
	cells := []cell{start}
	for _, axis := range r.Axes {
		var next []cell
		for _, c := range cells {
			for v, value := range axis.Values {
				inputs := maps.Clone(c.inputs)
				inputs[axis.Name] = value
				at := append(append([]int(nil), c.at...), v)
				next = append(next, cell{inputs: inputs, item: c.item, at: at})
			}
		}
		cells = next
	}
	return cells
}
