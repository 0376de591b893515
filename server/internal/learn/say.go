package learn

import "math"

const (
	strangeChoice = .45 // how far a choice that was never seen may stretch the steps
	strangeLoad   = .5  // of a typical run, where no load was seen
	farOutside    = 4.0 // times what was seen
	mostUnknown   = 9   // the logarithm's variance
	unsure        = .25 // spread of the middle that makes it a guess
)

// say gives the middle of a sample's time, in milliseconds, and the spread of its logarithm: noise and not knowing together.
func (l *law) say(s *sample) (middle, spread float64) {
	middle, unknown := l.middle(s)
	rounded := roundedMS / middle
	return middle, l.caution * math.Sqrt(unknown+l.noise*l.noise+rounded*rounded)
}

// middle also gives the variance of not knowing.
func (l *law) middle(s *sample) (middle, unknown float64) {
	c := l.code(s)
	var x [maxColumns]float64
	row := x[:l.columns.all]
	var sum, squares float64
	for i := range l.fits {
		f := &l.fits[i]
		c.grown = f.grow(c.logs)
		stepping, at := f.row(&c, row)
		at = max(at, 1e-6)
		f.root.forward(row)
		var v float64
		for _, r := range row {
			v += r * r
		}
		v /= at * at
		if c.strange > 0 {
			v += float64(c.strange) * strangeChoice * strangeChoice * stepping / at * stepping / at
		}
		log := math.Log(at)
		sum += f.weight * log
		squares += f.weight * (v + log*log)
	}
	unknown = max(0, squares-sum*sum)
	if s.Cold && c.load == 0 {
		warm, load := math.Exp(sum), l.usualLoad()
		sum = math.Log(warm + load)
		unknown += (load * .7 / (warm + load)) * (load * .7 / (warm + load))
	}
	return clampTime(math.Exp(sum) * l.scale), min(unknown, mostUnknown)
}

// load gives the part of a sample's time in which models are loaded, in milliseconds.
func (l *law) load(s *sample) (ms float64) {
	if !s.Cold {
		return 0
	}
	at, known := l.columns.loads[s.Models]
	if !known {
		return l.usualLoad() * l.scale
	}
	for i := range l.fits {
		ms += l.fits[i].weight * l.fits[i].value[at] * l.scale
	}
	return ms
}

// usualLoad tells the time of a load of models that were never loaded, in typical runs.
func (l *law) usualLoad() float64 {
	if l.columns.extra == fixed {
		return strangeLoad
	}
	var sum float64
	for i := range l.fits {
		for _, load := range l.fits[i].value[fixed:l.columns.extra] {
			sum += l.fits[i].weight * load
		}
	}
	return sum / float64(l.columns.extra-fixed)
}

// strange says whether a sample is far outside what was seen.
func (l *law) strange(s *sample) bool {
	c := l.code(s)
	if c.strange > 0 || s.Cold && c.load == 0 {
		return true
	}
	for k, v := range c.logs {
		if v > l.high[k]+math.Log(farOutside)+1e-9 || v < l.low[k]-math.Log(farOutside)-1e-9 {
			return true
		}
	}
	_, unknown := l.middle(s)
	return unknown > unsure*unsure
}

// parts gives the time of the steps of a sample and the rest, in milliseconds.
func (l *law) parts(s *sample) (stepping, rest float64) {
	c := l.code(s)
	var x [maxColumns]float64
	for i := range l.fits {
		c.grown = l.fits[i].grow(c.logs)
		a, b := l.fits[i].row(&c, x[:l.columns.all])
		stepping += l.fits[i].weight * a * l.scale
		rest += l.fits[i].weight * (b - a) * l.scale
	}
	return stepping, rest
}
