package trial

import "slices"

// Learning says after how many runs the error is told.
var Learning = []int{1, 3, 10, 30}

// Figures tell how one estimator did. Errors are relative to the time without noise.
type Figures struct {
	Errors    map[int][]float64 // by the runs before
	Beyond    []float64         // one value up to four times the most that the law draws, after ten runs
	Cold      []float64         // cold starts of models whose load was seen, after ten runs
	Outlasted [4]int            // of the first five runs, the next five, ten, and those after
	Runs      [4]int
	Slots     []float64 // bound by the time without noise, warm, from the tenth run
	After     []float64 // errors five runs after a change
	Recovery  []float64 // runs after a change until nine errors of ten are within the aim again, and stay so for three
}

// Results of a law, by estimator.
type Results struct{ Learned, Benchmark, LastFive Figures }

// Add takes in the figures of other runs.
func (f *Figures) Add(g *Figures) {
	if f.Errors == nil {
		f.Errors = map[int][]float64{}
	}
	for n, errs := range g.Errors {
		f.Errors[n] = append(f.Errors[n], errs...)
	}
	for i := range f.Runs {
		f.Outlasted[i] += g.Outlasted[i]
		f.Runs[i] += g.Runs[i]
	}
	f.Beyond = append(f.Beyond, g.Beyond...)
	f.Cold = append(f.Cold, g.Cold...)
	f.Slots = append(f.Slots, g.Slots...)
	f.After = append(f.After, g.After...)
	f.Recovery = append(f.Recovery, g.Recovery...)
}

// Outlast gives the share of runs that outlasted their bounds, and of how many.
func (f *Figures) Outlast() (share float64, of int) {
	outlasted := 0
	for i := range f.Runs {
		outlasted += f.Outlasted[i]
		of += f.Runs[i]
	}
	return float64(outlasted) / float64(max(of, 1)), of
}

// Quantile of a sample; 0 without one.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
