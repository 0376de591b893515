package trial

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

// values are those of one run.
type values struct {
	steps, frames, batch float64
	size                 [2]float64
	choices              map[string]string
	numbers              map[string]float64
}

func (l *Law) draw(rnd *rand.Rand) values {
	v := values{
		steps:   l.Steps.draw(rnd),
		frames:  l.Frames.draw(rnd),
		batch:   l.Batch.draw(rnd),
		size:    l.Sizes[rnd.IntN(len(l.Sizes))],
		choices: map[string]string{},
		numbers: map[string]float64{},
	}
	for _, name := range slices.Sorted(maps.Keys(l.Choices)) {
		v.choices[name] = pick(l.Choices[name], rnd)
	}
	for _, name := range slices.Sorted(maps.Keys(l.Numbers)) {
		v.numbers[name] = l.Numbers[name].draw(rnd)
	}
	return v
}

func pick(shares map[string]float64, rnd *rand.Rand) string {
	sum := 0.0
	names := slices.Sorted(maps.Keys(shares))
	for _, name := range names {
		sum += shares[name]
	}
	at := rnd.Float64() * sum
	for _, name := range names {
		if at -= shares[name]; at < 0 {
			return name
		}
	}
	return names[len(names)-1]
}

func (v *values) features(l *Law) learn.Features {
	models := "the models"
	if l.Models != "" {
		models = v.choices[l.Models]
	}
	return learn.Features{
		Steps:   v.steps,
		Pixels:  v.size[0] * v.size[1],
		Frames:  v.frames,
		Batch:   v.batch,
		Choices: v.choices,
		Numbers: v.numbers,
		Models:  models,
	}
}

func (v *values) shape() string { return fmt.Sprint(v.size, v.frames, v.batch) }

// takes gives the time without noise after a number of runs.
func (l *Law) takes(v *values, start learn.Start, after int) (ms float64) {
	for _, t := range l.Terms {
		if t.When == "cold" && !start.Cold || t.When == "new_shape" && !start.NewShape {
			continue
		}
		part := t.MS * math.Pow(v.steps, t.Steps) * math.Pow(v.size[0]*v.size[1]/(1<<20), t.Pixels) *
			math.Pow(v.frames, t.Frames) * math.Pow(v.batch, t.Batch)
		for name, power := range t.Numbers {
			part *= math.Pow(v.numbers[name], power)
		}
		for name, factors := range t.Factors {
			if f, named := factors[v.choices[name]]; named {
				part *= f
			}
		}
		for _, c := range l.Changes {
			if after >= c.After && (len(c.Terms) == 0 || slices.Contains(c.Terms, t.Name)) {
				part *= c.Factor
			}
		}
		ms += part
	}
	return ms
}

// measured gives a time as it would be measured.
func (n Noise) measured(ms float64, rnd *rand.Rand) float64 {
	ms *= math.Exp(n.Spread * rnd.NormFloat64())
	if rnd.Float64() < n.Outliers {
		ms *= n.OutlierFrom + rnd.Float64()*(n.OutlierTo-n.OutlierFrom)
	}
	if n.QuantumMS > 0 {
		ms = max(1, math.Round(ms/n.QuantumMS)) * n.QuantumMS
	}
	return ms
}

// Measure gives the time of a run with some features as it would be measured: with noise, which rnd draws.
func (l *Law) Measure(f learn.Features, start learn.Start, rnd *rand.Rand) (ms float64) {
	v := values{
		steps:   f.Steps,
		frames:  max(1, f.Frames),
		batch:   max(1, f.Batch),
		size:    [2]float64{f.Pixels, 1},
		choices: f.Choices,
		numbers: f.Numbers,
	}
	return l.Noise.measured(l.takes(&v, start, 0), rnd)
}
