package learn

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// law says how a run's time is put together, as it was learned from samples. It does not change once it is made.
type law struct {
	typical [4]float64 // logarithms of the sizes of a typical run
	scale   float64    // its milliseconds
	noise   float64    // relative spread of equal runs
	caution float64    // spreads are so much wider, since few runs told the noise
	columns columns
	low     [4]float64 // the least logarithm that was seen of each size, relative to the typical run
	high    [4]float64
	fits    []fit
}

// columns say where what is particular to a workflow stands behind the fixed columns.
type columns struct {
	loads     map[string]int // by models
	levels    map[string]int // by choice; -1: it is the commonest of its input, and changes nothing
	numbers   map[string]int
	centre    map[string]float64 // of numbers
	bounded   int                // the first column that may be negative
	old       int                // by how much old runs are off, as a whole; the next column: their steps alone; 0: none is old
	stretches int                // the first behind those of choices
	all       int
}

// fit is a law with one shape.
type fit struct {
	shape
	value   []float64 // of each column
	root    matrix    // of the precision of value
	weight  float64   // how likely it is among all shapes
	freedom float64   // runs beyond those that the values needed
}

// coded is a sample as the columns see it.
type coded struct {
	logs    [4]float64
	steps   float64 // all relative to a typical run
	work    float64
	grown   float64 // work, worse than linearly, by the shape at hand
	took    float64 // the time in typical runs, and its logarithm; of samples only
	log     float64
	doubt   float64
	age     float64 // weight for being old
	load    int     // column; 0: none
	old     int     // column; 0: it is not
	compile bool
	level   [maxChoices]int // columns
	levels  int
	number  [maxNumbers]int
	by      [maxNumbers]float64
	numbers int
	strange int // choices that were never seen
}

// learn makes a law of samples, the oldest first; nil without any.
func learn(samples []sample) *law {
	if len(samples) == 0 {
		return nil
	}
	l := &law{columns: columnsOf(samples)}
	l.measure(samples)
	runs := make([]coded, len(samples))
	for i := range samples {
		runs[i] = l.code(&samples[i])
		runs[i].took = samples[i].Took / l.scale
		runs[i].log = math.Log(runs[i].took)
		runs[i].doubt = samples[i].Doubt
		if samples[i].Old {
			runs[i].old = l.columns.old
		}
		runs[i].age = math.Exp2(-float64(len(samples)-1-i) / halfLife)
	}
	l.noise = math.Inf(1)
	batches, videos := l.varies(batch), l.varies(frames)
	for _, s := range possible {
		if s.same(batches, videos) {
			continue
		}
		f, spread := l.regress(s, runs)
		l.fits = append(l.fits, f)
		if spread < l.noise {
			l.noise, l.caution = spread, 1+cautious/f.freedom
		}
	}
	l.weigh(runs)
	return l
}

// cautious gives, with the freedom, about the 95 % quantile of Student's distribution by that of the normal one.
const cautious = 2.2

// halfLife is the number of kept runs after which one counts half.
const halfLife = 60

// Columns are bounded, so that learning takes milliseconds.
const (
	maxLoads   = 6
	maxStretch = 14 // choices with a column of their own: those that were made most
	maxColumns = fixed + maxLoads + maxStretch + maxNumbers + 2
)

func columnsOf(samples []sample) columns {
	c := columns{loads: map[string]int{}, levels: map[string]int{}, numbers: map[string]int{}, centre: map[string]float64{}}
	c.all = fixed
	for i := len(samples) - 1; i >= 0; i-- {
		if s := &samples[i]; s.Cold {
			if _, known := c.loads[s.Models]; !known {
				c.loads[s.Models] = min(c.all, fixed+maxLoads-1)
				c.all = min(c.all+1, fixed+maxLoads)
			}
		}
	}
	c.bounded = c.all
	count := map[string]int{}
	for i := range samples {
		for _, level := range samples[i].Levels {
			count[level]++
		}
	}
	byCount := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
	})
	seen := map[string]bool{}
	for _, level := range byCount {
		c.levels[level] = -1
		if seen[choice(level)] && c.all < c.bounded+maxStretch {
			c.levels[level] = c.all
			c.all++
		}
		seen[choice(level)] = true
	}
	c.stretches = c.all
	c.count(samples)
	if slices.ContainsFunc(samples, func(s sample) bool { return s.Old }) {
		c.old = c.all
		c.all += 2
	}
	return c
}

// count gives columns to the numbers that vary.
func (c *columns) count(samples []sample) {
	seen := map[string][]float64{}
	for i := range samples {
		for _, n := range samples[i].Numbers {
			seen[n.Name] = append(seen[n.Name], n.Log)
		}
	}
	for i := range samples {
		for _, n := range samples[i].Numbers {
			logs := seen[n.Name]
			if _, known := c.numbers[n.Name]; known || len(c.numbers) == maxNumbers || slices.Max(logs)-slices.Min(logs) < .01 {
				continue
			}
			var sum float64
			for _, v := range logs {
				sum += v
			}
			c.numbers[n.Name], c.centre[n.Name] = c.all, sum/float64(len(logs))
			c.all++
		}
	}
}

// measure finds what is typical.
func (l *law) measure(samples []sample) {
	for i := range samples {
		for k, v := range samples[i].Size {
			l.typical[k] += math.Log(v) / float64(len(samples))
		}
	}
	times := make([]float64, 0, len(samples))
	for k := range l.low {
		l.low[k], l.high[k] = math.Inf(1), math.Inf(-1)
	}
	for i := range samples {
		logs := relative(&samples[i], l.typical)
		for k, v := range logs {
			l.low[k], l.high[k] = min(l.low[k], v), max(l.high[k], v)
		}
		if !samples[i].Cold || len(l.columns.loads) == 0 {
			times = append(times, math.Log(samples[i].Took/expected(logs)))
		}
	}
	if len(times) == 0 {
		times = append(times, math.Log(samples[0].Took/expected([4]float64{})/2))
	}
	slices.Sort(times)
	l.scale = math.Exp(times[len(times)/2])
}

// expected is the time of a run in typical ones, by what is believed beforehand.
func expected(logs [4]float64) float64 {
	work := power(logs[pixels] + logs[frames] + logs[batch])
	n := power(logs[steps])
	return shares[once].mean + shares[onceWork].mean*work + n*(shares[step].mean+(shares[stepWork].mean+shares[stepPower].mean)*work)
}

func (l *law) varies(size int) bool { return l.high[size]-l.low[size] > .01 }

// code tells the law's columns of a sample.
func (l *law) code(s *sample) coded {
	c := coded{logs: relative(s, l.typical), compile: s.NewShape}
	c.steps, c.work = power(c.logs[steps]), power(c.logs[pixels]+c.logs[frames]+c.logs[batch])
	if s.Cold {
		c.load = l.columns.loads[s.Models]
	}
	for _, level := range s.Levels {
		switch at, known := l.columns.levels[level]; {
		case !known:
			c.strange++
		case at > 0:
			c.level[c.levels] = at
			c.levels++
		}
	}
	for _, n := range s.Numbers {
		if at, known := l.columns.numbers[n.Name]; known {
			c.number[c.numbers], c.by[c.numbers] = at, n.Log-l.columns.centre[n.Name]
			c.numbers++
		}
	}
	return c
}

// row fills x, one value for each column, so that x times the values is the time of the run in typical runs as far as it is
// linear; it gives the time of the steps, and all of it.
func (f *fit) row(c *coded, x []float64) (stepping, all float64) {
	clear(x)
	x[once], x[onceWork] = 1, c.work
	n := c.steps
	if c.levels+c.numbers+c.old > 0 {
		n *= power(c.stretch(f.value))
	}
	x[step], x[stepWork], x[stepPower] = n, n*c.work, n*c.grown
	if c.compile {
		x[compile] = 1
	}
	if c.load > 0 {
		x[c.load] = 1
	}
	for j := range fixed {
		all += x[j] * f.value[j]
	}
	if c.load > 0 {
		all += f.value[c.load]
	}
	stepping = x[step]*f.value[step] + x[stepWork]*f.value[stepWork] + x[stepPower]*f.value[stepPower]
	for _, j := range c.level[:c.levels] {
		x[j] = stepping
	}
	for i, j := range c.number[:c.numbers] {
		x[j] = stepping * c.by[i]
	}
	if c.old > 0 {
		x[c.old], x[c.old+1] = all, stepping
		times := power(f.value[c.old])
		for j := range x {
			x[j] *= times
		}
		stepping, all = stepping*times, all*times
	}
	return stepping, all
}

// stretch is the logarithm by which choices and numbers stretch a step.
func (c *coded) stretch(value []float64) (sum float64) {
	for _, j := range c.level[:c.levels] {
		sum += value[j]
	}
	for i, j := range c.number[:c.numbers] {
		sum += value[j] * c.by[i]
	}
	if c.old > 0 {
		sum += value[c.old+1]
	}
	return sum
}
