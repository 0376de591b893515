package learn

import (
	"cmp"
	"math"
	"slices"
)

// Model learns one workflow on one worker. The zero value knows nothing. Predict may be called by many at a
// time, the others by one and with nobody else. As JSON it is at most 16 KiB.
type Model struct {
	samples  []sample // the oldest first
	runs     int      // learned from, here
	reach    float64  // the bound lies so many spreads above the middle
	surprise []float64
	law      *law
}

const (
	firstReach = 1.6
	leastReach = .8
	mostReach  = 4
	beyond     = .05 // of the runs shall outlast the bound
	eager      = .15 // how far one run moves the reach
)

// Observe learns from a run.
func (m *Model) Observe(r Run) {
	if r.Cached || !(r.TookMS > 0 && r.TookMS <= mostTime) {
		return
	}
	s := sampleOf(r.Features, r.Start)
	s.Took, s.Own = rounded(clampTime(r.TookMS)), true
	m.take(s)
	m.runs++
}

// Benchmark learns from a measurement, which stands for what simpler knowledge says until runs are there.
func (m *Model) Benchmark(f Features, tookMS float64) {
	if !(tookMS > 0 && tookMS <= mostTime) {
		return
	}
	s := sampleOf(f, Start{})
	s.Took, s.Doubt = rounded(clampTime(tookMS)), doubtBenchmark
	m.take(s)
}

const (
	doubtBenchmark = .03
	doubtBorrowed  = .05
	doubtChanged   = .01
	doubtMost      = .4
	mostBorrowed   = 16
)

// Borrow takes over what another worker's model has learned of the same workflow, as far as this one has learned nothing itself;
// its times are taken as they are until a benchmark or a run tells how much faster this worker is.
func (m *Model) Borrow(other *Model) {
	if m.runs > 0 || other == nil || other.law == nil {
		return
	}
	m.samples = slices.DeleteFunc(m.samples, func(s sample) bool { return s.Borrowed })
	factor := 1.0
	if len(m.samples) > 0 {
		last := &m.samples[len(m.samples)-1]
		middle, _ := other.law.say(last)
		factor = last.Took / middle
	}
	var taken []sample
	for i := len(other.samples) - 1; i >= 0 && len(taken) < mostBorrowed; i-- {
		s := other.samples[i]
		if !s.Own {
			continue
		}
		s.Own, s.Borrowed, s.Old, s.Doubt, s.Took = false, true, true, doubtBorrowed, rounded(clampTime(s.Took*factor))
		taken = append(taken, s)
	}
	slices.Reverse(taken)
	m.samples = append(taken, m.samples...)
	m.reach = cmp.Or(m.reach, firstReach)
	m.law = learn(m.samples)
}

// clampTime keeps a time within bounds, in milliseconds.
func clampTime(ms float64) float64 { return max(1, min(ms, mostTime)) }

const mostTime = 1e10 // milliseconds: four months

// take learns from a sample that is new.
func (m *Model) take(s sample) {
	m.reach = cmp.Or(m.reach, firstReach)
	if m.law != nil {
		middle, spread := m.law.say(&s)
		off := math.Log(s.Took / middle)
		if s.Own {
			m.aim(off > m.reach*spread)
		}
		m.change(off/spread, off, &s)
	}
	m.samples = append(m.samples, m.fitting(s))
	m.forget()
	m.law = learn(m.samples)
}

// aim moves the bound so that in the long run the wanted share of runs outlasts it, whatever the noise is like.
func (m *Model) aim(outlasted bool) {
	if outlasted {
		m.reach += eager * (1 - beyond)
	} else {
		m.reach -= eager * beyond
	}
	m.reach = max(leastReach, min(mostReach, m.reach))
}

// fitting drops choices and numbers of a sample that would make the texts too many.
func (m *Model) fitting(s sample) sample {
	texts := map[string]bool{s.Models: true}
	for i := range m.samples {
		o := &m.samples[i]
		texts[o.Models] = true
		for _, level := range o.Levels {
			texts[level] = true
		}
		for _, n := range o.Numbers {
			texts[n.Name] = true
		}
	}
	fits := func(text string) bool {
		texts[text] = texts[text] || len(texts) < maxTexts
		return texts[text]
	}
	s.Levels = slices.DeleteFunc(s.Levels, func(level string) bool { return !fits(level) })
	s.Numbers = slices.DeleteFunc(s.Numbers, func(n number) bool { return !fits(n.Name) })
	return s
}

// forget drops the sample that is missed least: of the kind that has most, the oldest.
func (m *Model) forget() {
	if len(m.samples) <= maxSamples {
		return
	}
	count := map[string]int{}
	most := 0
	for i := range m.samples {
		k := m.samples[i].kind()
		count[k]++
		most = max(most, count[k])
	}
	at := slices.IndexFunc(m.samples, func(s sample) bool { return s.Doubt > 0 })
	if at < 0 {
		at = slices.IndexFunc(m.samples, func(s sample) bool { return count[s.kind()] == most })
	}
	m.samples = slices.Delete(m.samples, at, at+1)
}

// Predict tells how long a run with these values takes that starts so.
func (m *Model) Predict(f Features, start Start) Prediction {
	if m.law == nil {
		return Prediction{Guess: true}
	}
	s := sampleOf(f, start)
	middle, spread := m.law.say(&s)
	return Prediction{
		MiddleMS: middle,
		BoundMS:  middle * math.Exp(min(m.reach*spread, mostBound)),
		LoadMS:   min(m.law.load(&s), middle),
		Runs:     m.runs,
		Guess:    m.runs == 0 || m.law.strange(&s),
	}
}

const mostBound = 2.5 // the logarithm of the most that a bound is above the middle
