package learn

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// columns say where what is particular to a workflow stands behind the fixed columns.
type columns struct {
	loads     map[string]int // by models
	adds      map[string]int // by choice or name of a number: what it adds, and in the next column what it adds by work
	levels    map[string]int // by choice: what it stretches; -1: nothing, it is the commonest of its input or rare
	numbers   map[string]int
	centre    map[string]float64 // of numbers
	extra     int                // the first column behind loads
	bounded   int                // the first column that may be negative
	stretches int                // the first behind those of choices
	old       int                // by how much old runs are off, as a whole; the next column: their steps alone; 0: none is old
	all       int
}

// Columns are bounded, so that learning takes milliseconds.
const (
	maxLoads   = 6
	maxStretch = 10 // choices that stretch: those that were made most
	maxAdds    = 8  // choices and numbers that add
	addsAfter  = 3  // runs
	maxColumns = fixed + maxLoads + 2*maxAdds + maxStretch + maxNumbers + 2
)

func columnsOf(samples []sample) columns {
	c := columns{
		loads:   map[string]int{},
		adds:    map[string]int{},
		levels:  map[string]int{},
		numbers: map[string]int{},
		centre:  map[string]float64{},
		all:     fixed,
	}
	for i := len(samples) - 1; i >= 0; i-- {
		if s := &samples[i]; s.Cold {
			if _, known := c.loads[s.Models]; !known {
				c.loads[s.Models] = min(c.all, fixed+maxLoads-1)
				c.all = min(c.all+1, fixed+maxLoads)
			}
		}
	}
	c.extra = c.all
	count, inputs := map[string]int{}, map[string]int{}
	for i := range samples {
		for _, level := range samples[i].Levels {
			if count[level]++; count[level] == 1 {
				inputs[choice(level)]++
			}
		}
	}
	levels := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
	})
	numbers := c.varying(samples)
	for _, level := range levels {
		if count[level] >= addsAfter && inputs[choice(level)] > 1 {
			c.add(level)
		}
	}
	for _, name := range numbers {
		c.add(name)
	}
	c.bounded = c.all
	c.stretch(levels, numbers)
	if slices.ContainsFunc(samples, func(s sample) bool { return s.Old }) {
		c.old = c.all
		c.all += 2
	}
	return c
}

func (c *columns) add(name string) {
	if len(c.adds) < maxAdds {
		c.adds[name] = c.all
		c.all += 2
	}
}

// stretch gives columns to choices, the commonest first, and to numbers that stretch steps.
func (c *columns) stretch(levels, numbers []string) {
	seen := map[string]bool{}
	for _, level := range levels {
		c.levels[level] = -1
		if seen[choice(level)] && c.all < c.bounded+maxStretch {
			c.levels[level] = c.all
			c.all++
		}
		seen[choice(level)] = true
	}
	c.stretches = c.all
	for _, name := range numbers {
		c.numbers[name] = c.all
		c.all++
	}
}

// varying gives the names of the numbers that vary, and finds their centres.
func (c *columns) varying(samples []sample) (names []string) {
	seen := map[string][]float64{}
	for i := range samples {
		for _, n := range samples[i].Numbers {
			seen[n.Name] = append(seen[n.Name], n.Log)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		logs := seen[name]
		if len(names) == maxNumbers || slices.Max(logs)-slices.Min(logs) < .01 {
			continue
		}
		var sum float64
		for _, v := range logs {
			sum += v
		}
		c.centre[name] = sum / float64(len(logs))
		names = append(names, name)
	}
	return names
}
