package learn

import (
	"math"
	"slices"
)

// A worker has changed (another card, another ComfyUI) when runs in a row are off to one side, by more spreads than chance allows.
const (
	twice       = 4.0 // spreads, of two runs
	thrice      = 2.5 // of three
	leastChange = .06
	mostRow     = 3
)

// change notes how far the sample s, which is not among the others yet, was off, in spreads and as a logarithm. When the worker
// has changed it makes what was learned before fit: all of it by one factor, or its steps alone, whichever fits better.
func (m *Model) change(spreads, off float64, s *sample) {
	if !slices.ContainsFunc(m.samples, func(o sample) bool { return !o.Borrowed }) {
		m.rescale(m.samples, []sample{*s}) // what was borrowed is of another worker
		return
	}
	if math.Abs(spreads) < thrice || math.Abs(off) < leastChange || len(m.surprise) > 0 && m.surprise[0]*spreads < 0 {
		m.surprise = m.surprise[:0]
	}
	if math.Abs(spreads) < thrice || math.Abs(off) < leastChange {
		return
	}
	m.surprise = append(m.surprise, spreads)
	all := min(math.Abs(m.surprise[0]), math.Abs(spreads))
	if n := len(m.surprise); n < 2 || n == 2 && all < twice {
		return
	}
	n := min(len(m.surprise)-1, len(m.samples))
	old, recent := m.samples[:len(m.samples)-n], append(slices.Clone(m.samples[len(m.samples)-n:]), *s)
	m.rescale(old, recent)
	m.surprise = m.surprise[:0]
}

func (m *Model) rescale(old, recent []sample) {
	var whole, stepping []float64
	for i := range recent {
		a, b := m.law.parts(&recent[i])
		whole = append(whole, math.Log(recent[i].Took/(a+b)))
		stepping = append(stepping, math.Log(max(.02, (recent[i].Took-b)/max(a, 1))))
	}
	byAll, bySteps := math.Exp(middleOf(whole)), math.Exp(middleOf(stepping))
	var missAll, missSteps float64
	for i := range recent {
		a, b := m.law.parts(&recent[i])
		missAll += math.Abs(math.Log(recent[i].Took / ((a + b) * byAll)))
		missSteps += math.Abs(math.Log(recent[i].Took / (a*bySteps + b)))
	}
	for i := range old {
		s := &old[i]
		factor := byAll
		if missSteps < .7*missAll {
			a, b := m.law.parts(s)
			factor = (a*bySteps + b) / (a + b)
		}
		s.Took = rounded(clampTime(s.Took * factor))
		s.Doubt = min(doubtMost, rounded(math.Hypot(s.Doubt, doubtChanged)))
	}
}

func middleOf(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
