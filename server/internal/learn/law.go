package learn

import (
	"cmp"
	"math"
	"slices"
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

// fit is a law with one shape.
type fit struct {
	shape
	value   []float64 // of each column
	root    matrix    // of the precision of value
	weight  float64   // how likely it is among all shapes
	freedom float64   // runs beyond those that the values needed
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
		l.try(s, runs)
	}
	l.weigh(runs)
	if batches {
		l.vary(runs, func(s *shape) { s.pictures = true })
	}
	if l.columns.extra < l.columns.bounded {
		l.vary(runs, func(s *shape) { s.adds = true })
	}
	return l
}

// vary tries the likeliest laws with one thing more that may cost time, and weighs all again.
func (l *law) vary(runs []coded, more func(*shape)) {
	likely := slices.SortedFunc(slices.Values(l.fits), func(a, b fit) int { return cmp.Compare(b.weight, a.weight) })
	for _, f := range likely[:min(2, len(likely))] {
		s := f.shape
		s.prior *= rare
		more(&s)
		l.try(s, runs)
	}
	l.weigh(runs)
}

func (l *law) try(s shape, runs []coded) {
	f, spread := l.regress(s, runs)
	l.fits = append(l.fits, f)
	if spread < l.noise {
		l.noise, l.caution = spread, 1+cautious/f.freedom
	}
}

// rare tells how likely a law is with one thing more, beside the same without.
const rare = .1

// cautious gives, with the freedom, about the 95 % quantile of Student's distribution by that of the normal one.
const cautious = 2.6

// halfLife is the number of kept runs after which one counts half.
const halfLife = 60

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
	stepping := shares[step].mean + shares[stepPicture].mean + (shares[stepWork].mean+shares[stepPower].mean)*work
	return shares[once].mean + shares[onceWork].mean*work + n*stepping
}

func (l *law) varies(size int) bool { return l.high[size]-l.low[size] > .01 }
