package trial

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

// probes is the number of predictions at each point of a learning curve.
const probes = 24

// probe notes the errors of predictions after n runs.
func (s *stage) probe(e estimator, f *Figures, n int) {
	rnd := rand.New(rand.NewPCG(s.rnd.Uint64(), 19))
	for range probes {
		v := s.familiar(rnd)
		f.Errors[n] = append(f.Errors[n], s.off(e, &v, learn.Start{}, n))
	}
	if n != 10 {
		return
	}
	for range probes {
		v := s.familiar(rnd)
		factor := 1 + 3*rnd.Float64()
		var ways []func()
		ways = append(ways, func() { v.size = s.largest(); v.size[0] *= factor })
		for _, w := range []struct {
			of *Range
			at *float64
		}{{&s.law.Steps, &v.steps}, {&s.law.Batch, &v.batch}, {&s.law.Frames, &v.frames}} {
			if w.of.varies() {
				ways = append(ways, func() { *w.at = math.Round(w.of.most() * factor) })
			}
		}
		ways[rnd.IntN(len(ways))]()
		f.Beyond = append(f.Beyond, s.off(e, &v, learn.Start{}, n))
	}
	for range probes {
		if v := s.familiar(rnd); s.colds[v.features(s.law).Models] {
			f.Cold = append(f.Cold, s.off(e, &v, learn.Start{Cold: true}, n))
		}
	}
}

func (s *stage) largest() (most [2]float64) {
	for _, size := range s.law.Sizes {
		if size[0]*size[1] > most[0]*most[1] {
			most = size
		}
	}
	return most
}

func (s *stage) off(e estimator, v *values, start learn.Start, n int) float64 {
	middle, _ := e.predict(v.features(s.law), start)
	truth := s.law.takes(v, start, n)
	return math.Abs(middle-truth) / truth
}

// errors of predictions now.
func (s *stage) errors(e estimator, n int) (errs []float64) {
	rnd := rand.New(rand.NewPCG(uint64(n), 20))
	for range probes {
		v := s.familiar(rnd)
		errs = append(errs, s.off(e, &v, learn.Start{}, n))
	}
	return errs
}

// aimP90 is the aim for nine errors of ten.
const aimP90 = .05

func recovered(since []float64) float64 {
	for i := range since {
		if rest := since[i:min(len(since), i+3)]; slices.Max(rest) <= aimP90 {
			return float64(i + 1)
		}
	}
	return float64(len(since) + 1)
}
