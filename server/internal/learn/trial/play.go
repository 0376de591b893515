package trial

import (
	"math/rand/v2"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

// sequence is the number of runs of one workflow on one worker, from nothing.
const sequence = 40

// Play plays runs of a law, at least as many as told, in sequences that begin with nothing but a benchmark.
func Play(l *Law, runs int, seed uint64) (r Results) {
	for n := 0; n < runs; n += sequence {
		play(l, &learned{}, &r.Learned, seed+uint64(n))
		play(l, &once{}, &r.Benchmark, seed+uint64(n))
		play(l, &lastFive{}, &r.LastFive, seed+uint64(n))
	}
	return r
}

// stage is a worker while one sequence is played.
type stage struct {
	law    *Law
	rnd    *rand.Rand // what is drawn is the same for all estimators
	shapes map[string]bool
	seen   map[string]map[string]bool // choices
	loaded string
	colds  map[string]bool // models that were loaded in a run
}

func play(l *Law, e estimator, f *Figures, seed uint64) {
	if f.Errors == nil {
		f.Errors = map[int][]float64{}
	}
	s := &stage{
		law:    l,
		rnd:    rand.New(rand.NewPCG(seed, 18)),
		shapes: map[string]bool{},
		seen:   map[string]map[string]bool{},
		colds:  map[string]bool{},
	}
	first := l.draw(s.rnd)
	s.shapes[first.shape()] = true
	s.loaded = first.features(l).Models
	s.see(&first)
	e.benchmark(first.features(l), l.Noise.measured(l.takes(&first, learn.Start{}, 0), s.rnd))
	var since []float64 // errors after the change
	changed := 0
	length := sequence
	for _, c := range l.Changes {
		length = max(length, c.After+sequence/2)
		changed = c.After
	}
	for n := range length {
		if slices.Contains(Learning, n) {
			s.probe(e, f, n)
		}
		v, start, cached := s.next()
		truth := l.takes(&v, start, n)
		took := l.Noise.measured(truth, s.rnd)
		if cached {
			e.observe(learn.Run{Features: v.features(l), Start: start, TookMS: 200, Cached: true})
			continue
		}
		_, bound := e.predict(v.features(l), start)
		f.Runs[phase(n)]++
		if took > bound {
			f.Outlasted[phase(n)]++
		}
		if n >= 10 && start == (learn.Start{}) {
			f.Slots = append(f.Slots, bound/truth)
		}
		e.observe(learn.Run{Features: v.features(l), Start: start, TookMS: took})
		s.see(&v)
		if start.Cold {
			s.colds[v.features(l).Models] = true
		}
		if changed > 0 && n >= changed {
			errs := s.errors(e, n+1)
			since = append(since, Quantile(errs, .9))
			if n+1 == changed+5 {
				f.After = append(f.After, errs...)
			}
		}
	}
	if changed > 0 {
		f.Recovery = append(f.Recovery, recovered(since))
	}
}

func phase(n int) int {
	switch {
	case n < 5:
		return 0
	case n < 10:
		return 1
	case n < 20:
		return 2
	default:
		return 3
	}
}

// next draws a run.
func (s *stage) next() (v values, start learn.Start, cached bool) {
	v = s.law.draw(s.rnd)
	a, b, c := s.rnd.Float64(), s.rnd.Float64(), s.rnd.Float64()
	if a < s.law.Restarts {
		s.loaded = ""
		clear(s.shapes)
	}
	models := v.features(s.law).Models
	start = learn.Start{Cold: b < s.law.Cold || s.loaded != models, NewShape: !s.shapes[v.shape()]}
	if c < s.law.Cached {
		return v, learn.Start{}, true
	}
	s.loaded = models
	s.shapes[v.shape()] = true
	return v, start, false
}

func (s *stage) see(v *values) {
	for name, value := range v.choices {
		if s.seen[name] == nil {
			s.seen[name] = map[string]bool{}
		}
		s.seen[name][value] = true
	}
}

// familiar draws values with choices that were seen.
func (s *stage) familiar(rnd *rand.Rand) values {
	for {
		v := s.law.draw(rnd)
		ok := true
		for name, value := range v.choices {
			ok = ok && s.seen[name][value]
		}
		if ok {
			return v
		}
	}
}
