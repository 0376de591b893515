package learn

import (
	"math"
	"slices"
)

const (
	rounds      = 8
	noiseBefore = .03 // believed of the noise, with the weight of so many runs
	noiseWeight = 2
	noiseLeast  = .004
	wild        = 5.0  // spreads at which a run loses most of its weight
	stretchMost = .6   // believed spread of what a choice stretches steps by, as a logarithm
	stretchNone = .012 // ... when it seems to do nothing
	addsNone    = .02  // believed spread of what a choice or a new shape adds, in typical runs, when it seems to be nothing
	addsMost    = .3
	addsCost    = 2.4  // that each part has to be worth, in squares of spreads
	never       = 1e10 // the precision of what is known to be nothing
	roundedMS   = 5    // clocks and polls add so much, whatever the length
)

// regress finds the values of one shape's law that fit the runs best: ridge regression towards what is believed beforehand, of
// relative errors, with no part below zero. Runs far off lose their weight from round to round.
func (l *law) regress(s shape, runs []coded) (fit, float64) {
	n := l.columns.all
	f := fit{shape: s, value: make([]float64, n)}
	mean, precision := l.believed()
	copy(f.value, mean)
	noise := 0.0
	x, b := make([]float64, n), make([]float64, n)
	off := make([]float64, len(runs))
	a, w := newMatrix(n), newWork(n)
	for i := range runs {
		runs[i].grown = s.grow(runs[i].logs)
	}
	for round := range rounds {
		clear(a.v)
		for j := range n {
			extra := j >= l.columns.extra && j < l.columns.bounded
			if extra && !s.adds || j == stepPicture && !s.pictures {
				precision[j] = never
			} else if (j == compile || extra) && round >= 3 {
				precision[j] = 1 / (addsNone*addsNone + f.value[j]*f.value[j])
			}
			if j >= l.columns.bounded && round >= 3 {
				mean[j] = l.columns.usual(j, f.value[j])
				far := f.value[j] - mean[j]
				precision[j] = 1 / (stretchNone*stretchNone + min(stretchMost*stretchMost, far*far))
			}
			a.v[j*n+j] = precision[j]
			b[j] = precision[j] * mean[j]
		}
		for i := range runs {
			c := &runs[i]
			_, at := f.row(c, x)
			target := c.took
			weight := c.age / l.variance(c, max(noise, noiseBefore/2), target)
			if round > 0 {
				weight = c.age * robust(off[i], noise, c.doubt) / l.variance(c, noise, at)
			}
			gather(a, b, x, weight, target, c, f.value)
		}
		next := a.nonNegative(b, l.columns.bounded, w)
		for j := l.columns.bounded; j < n; j++ {
			next[j] = f.value[j] + max(-.7, min(.7, next[j]-f.value[j]))
		}
		copy(f.value, next)
		noise, f.freedom = l.spread(&f, runs, off, x, round == 0)
	}
	if slices.ContainsFunc(f.value, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		copy(f.value, mean)
	}
	f.root = newMatrix(n)
	f.root.factor(a, w.every)
	noise, f.freedom = l.left(&f, runs, off, x, noise)
	return f, noise
}

// usual gives what a choice most often stretches steps by that is near a value: nothing, twice, half.
func (c *columns) usual(j int, value float64) float64 {
	switch {
	case j < c.stretches && value > math.Ln2*.6:
		return math.Ln2
	case j < c.stretches && value < -math.Ln2*.6:
		return -math.Ln2
	default:
		return 0
	}
}

// believed gives the mean and the precision of each column before anything is known.
func (l *law) believed() (mean, precision []float64) {
	mean, precision = make([]float64, l.columns.all), make([]float64, l.columns.all)
	for j := range mean {
		spread := stretchMost
		switch {
		case j < fixed:
			mean[j], spread = shares[j].mean, shares[j].spread
		case j < l.columns.extra:
			spread = loadSpread
		case j < l.columns.bounded:
			spread = addsMost
		}
		precision[j] = 1 / (spread * spread)
	}
	return mean, precision
}

// variance is that of a run's time, when it is expected to take at.
func (l *law) variance(c *coded, noise, at float64) float64 {
	rounded := roundedMS / l.scale
	return (noise*noise+c.doubt*c.doubt)*at*at + rounded*rounded
}

func robust(off, noise, doubt float64) float64 {
	r := off * off / (noise*noise + doubt*doubt) / (wild * wild)
	return 1 / ((1 + r) * (1 + r))
}

// gather adds a run to the equations.
func gather(a matrix, b, x []float64, weight, target float64, c *coded, value []float64) {
	var use [fixed + 1 + maxEffects + 2]int
	at := use[:0]
	for j := range fixed {
		at = append(at, j)
	}
	if c.load > 0 {
		at = append(at, c.load)
	}
	for i := range c.effects[:c.n] {
		e := &c.effects[i]
		at = append(at, e.at)
		if !e.adds {
			target += x[e.at] * value[e.at] // what is linear is the change of a stretch
		}
	}
	if c.old > 0 {
		at = append(at, c.old, c.old+1)
		target += x[c.old]*value[c.old] + x[c.old+1]*value[c.old+1]
	}
	for i, j := range at {
		v := weight * x[j]
		if v == 0 {
			continue
		}
		b[j] += v * target
		for _, k := range at[:i+1] {
			a.v[max(j, k)*a.n+min(j, k)] += v * x[k]
		}
	}
}

// spread fills off with each run's distance from the law, and gives the spread of equal runs.
func (l *law) spread(f *fit, runs []coded, off, x []float64, first bool) (noise, freedom float64) {
	for i := range runs {
		_, at := f.row(&runs[i], x)
		off[i] = runs[i].log - math.Log(max(at, 1e-9))
	}
	used := 0.0
	for j, v := range f.value {
		if j < l.columns.bounded && v > 1e-6 {
			used += .8
		} else if j >= l.columns.bounded {
			used += v * v / (v*v + stretchNone*stretchNone)
		}
	}
	if first {
		return roughly(off), noiseWeight
	}
	noise = roughly(off)
	sum, weight := noiseWeight*noiseBefore*noiseBefore, 0.0
	for i := range runs {
		w := runs[i].age * robust(off[i], noise, runs[i].doubt)
		if runs[i].doubt > 0 {
			w *= .1
		}
		sum += w * off[i] * off[i]
		weight += w
	}
	freedom = noiseWeight + max(weight-used, .3*weight)
	return max(noiseLeast, math.Sqrt(sum/freedom)), freedom
}

// left gives the noise by what each run is off, made larger by how far the run itself has drawn the law towards it, and the number
// of runs that were free to tell it.
func (l *law) left(f *fit, runs []coded, off, x []float64, rough float64) (noise, freedom float64) {
	sum, weight := noiseWeight*noiseBefore*noiseBefore, float64(noiseWeight)
	freedom = noiseWeight
	for i := range runs {
		c := &runs[i]
		_, at := f.row(c, x)
		trust := c.age * robust(off[i], rough, c.doubt)
		f.root.forward(x)
		drawn := 0.0
		for _, v := range x {
			drawn += v * v
		}
		drawn = min(mostDrawn, drawn*trust/l.variance(c, rough, at))
		if c.doubt > 0 {
			trust *= .1
		}
		sum += trust * off[i] * off[i] / (1 - drawn)
		weight += trust
		freedom += trust * (1 - drawn)
	}
	return max(noiseLeast, math.Sqrt(sum/weight)), freedom
}

const mostDrawn = .85

// roughly is a first measure of the spread that outliers do not touch.
func roughly(off []float64) float64 {
	size := make([]float64, 0, len(off)+2)
	for _, v := range off {
		size = append(size, math.Abs(v))
	}
	size = append(size, noiseBefore*.67, noiseBefore*.67)
	slices.Sort(size)
	return max(noiseLeast, 1.5*size[len(size)/2])
}

// weigh says how likely each shape is.
func (l *law) weigh(runs []coded) {
	x := make([]float64, l.columns.all)
	mean, precision := l.believed()
	cost := make([]float64, len(l.fits))
	for i := range l.fits {
		f := &l.fits[i]
		for k := range runs {
			runs[k].grown = f.grow(runs[k].logs)
			_, at := f.row(&runs[k], x)
			off := runs[k].log - math.Log(max(at, 1e-9))
			r := off * off / (l.noise*l.noise + runs[k].doubt*runs[k].doubt)
			cost[i] += runs[k].age * r / (1 + r/(wild*wild))
		}
		if f.pictures {
			cost[i] += addsCost
		}
		for j := l.columns.extra; j < l.columns.bounded && f.adds; j++ {
			if f.value[j] > addsNone/2 {
				cost[i] += addsCost
			}
		}
		for j := range fixed {
			if j == stepPicture && !f.pictures {
				continue
			}
			cost[i] += precision[j] * (f.value[j] - mean[j]) * (f.value[j] - mean[j])
		}
	}
	least, sum := slices.Min(cost), 0.0
	for i := range l.fits {
		l.fits[i].weight = l.fits[i].prior * math.Exp(-(cost[i]-least)/2)
		sum += l.fits[i].weight
	}
	for i := range l.fits {
		l.fits[i].weight /= sum
	}
	l.fits = slices.DeleteFunc(l.fits, func(f fit) bool { return f.weight < 1e-3 })
}
