package learn

import (
	"math"
	"slices"
)

// A worker has changed (another card, another ComfyUI) when runs in a row are off to one side by more than chance allows.
const (
	mostSpreads = 5.0 // that one run counts for, be it ever so far off
	surely      = 5.0 // spreads of the sum of runs in a row
	leastOff    = 1.0 // spreads, of a run in such a row
	leastChange = .06
	mostRow     = 6
	settled     = 8 // runs before which surprises are no wonder
)

// change notes how far the sample s, which is not among the others yet, was off, in spreads and as a logarithm. When the worker
// has changed it makes what was learned before fit.
func (m *Model) change(spreads, off float64, s *sample) {
	if !slices.ContainsFunc(m.samples, func(o sample) bool { return !o.Borrowed }) {
		m.rescale(m.samples, []sample{*s}) // what was borrowed is of another worker
		return
	}
	if len(m.surprise) > 0 && m.surprise[0]*spreads < 0 || math.Abs(spreads) < leastOff {
		m.surprise = m.surprise[:0]
	}
	if m.runs < settled || math.Abs(spreads) < leastOff {
		return
	}
	m.surprise = append(m.surprise, rounded(max(-mostSpreads, min(mostSpreads, spreads))))
	if len(m.surprise) > mostRow {
		m.surprise = m.surprise[1:]
	}
	n := 0
	for k := 2; k <= len(m.surprise) && n == 0; k++ {
		sum := 0.0
		for _, v := range m.surprise[len(m.surprise)-k:] {
			sum += math.Abs(v)
		}
		if sum >= surely*math.Sqrt(float64(k)) {
			n = k - 1
		}
	}
	if n = min(n, len(m.samples)); n == 0 {
		return
	}
	recent := append(slices.Clone(m.samples[len(m.samples)-n:]), *s)
	if m.rescale(m.samples[:len(m.samples)-n], recent) {
		m.surprise = m.surprise[:0]
	}
}

// rescale makes the times of old samples fit recent ones: all of each by one factor, or its steps alone, whichever fits better.
// It leaves them, and says so, when they fit as they are.
func (m *Model) rescale(old, recent []sample) bool {
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
	if math.Abs(math.Log(byAll)) < leastChange {
		return false
	}
	for i := range old {
		s := &old[i]
		factor := byAll
		if missSteps < .7*missAll {
			a, b := m.law.parts(s)
			factor = (a*bySteps + b) / (a + b)
		}
		s.Took = rounded(clampTime(s.Took * factor))
		s.Doubt = max(s.Doubt, doubtChanged)
		s.Old = true
	}
	return true
}

func middleOf(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
