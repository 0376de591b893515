package trial

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Random makes up a law of the kind that generations have: something once, something for each step, linear and worse than
// linear in what a step works on, a decoder, loads, compiles, samplers, guidance.
func Random(rnd *rand.Rand, spread float64) Law {
	between := func(from, to float64) float64 { return from + rnd.Float64()*(to-from) }
	chance := func(p float64) bool { return rnd.Float64() < p }
	some := func(of ...float64) []float64 {
		n := 2 + rnd.IntN(len(of)-1)
		var out []float64
		for _, at := range rnd.Perm(len(of))[:n] {
			out = append(out, of[at])
		}
		return out
	}
	scale := []float64{300, 1500, 6000, 30_000, 120_000}[rnd.IntN(5)] * between(.7, 1.4) // of a typical run
	l := Law{
		Title:   "made up",
		Steps:   Range{Values: some(4, 8, 12, 20, 25, 30, 40, 50)},
		Choices: map[string]map[string]float64{},
		Noise:   Noise{Spread: spread},
	}
	if chance(.4) {
		l.Steps = Range{From: between(4, 15), To: between(20, 50)}
	}
	for range 2 + rnd.IntN(5) {
		sides := []float64{512, 640, 768, 832, 896, 1024, 1216, 1344}
		l.Sizes = append(l.Sizes, [2]float64{sides[rnd.IntN(len(sides))], sides[rnd.IntN(len(sides))]})
	}
	if chance(.6) {
		l.Batch = Range{Values: some(1, 2, 3, 4)}
	}
	power := Term{Name: "attention", Steps: 1, Pixels: between(1.2, 2), Batch: 1}
	if chance(.3) {
		power.Pixels = 2
	}
	if chance(.2) {
		power.Batch = power.Pixels
	}
	if chance(.25) {
		l.Frames = Range{Values: some(17, 33, 49, 65, 81)}
		power.Frames = 1
		if chance(.7) {
			power.Frames = power.Pixels
		}
	}
	l.fill()
	frames := 0.
	for _, f := range l.Frames.Values {
		frames += f / float64(len(l.Frames.Values))
	}
	n := (l.Steps.From + l.Steps.To) / 2
	for _, v := range l.Steps.Values {
		n += v / float64(len(l.Steps.Values))
	}
	factors := map[string]map[string]float64{}
	if chance(.6) {
		l.Choices["sampler"] = map[string]float64{"euler": 3, "dpmpp_2m": 2, "heun": 2}
		factors["sampler"] = map[string]float64{"euler": 1, "dpmpp_2m": between(.98, 1.04), "heun": between(1.9, 2)}
	}
	if chance(.4) {
		l.Choices["scheduler"] = map[string]float64{"normal": 1, "karras": 1, "simple": 1}
	}
	if chance(.3) {
		l.Choices["guidance"] = map[string]float64{"off": 1, "on": 3}
		factors["guidance"] = map[string]float64{"on": 1, "off": between(.5, .6)}
	}
	load := Term{Name: "load", MS: scale * between(.3, 4), When: "cold"}
	if chance(.3) {
		l.Models = "model"
		l.Choices["model"] = map[string]float64{"small": 3, "large": 1}
		factors["model"] = map[string]float64{"small": 1, "large": between(1.2, 4)}
		load.Factors = map[string]map[string]float64{"model": {"small": 1, "large": between(1, 3)}}
	}
	l.Cold = between(.02, .2)
	heavy := between(.02, .3)
	if chance(.2) {
		heavy = between(.3, .8)
	}
	linear, worse := between(.2, 1), between(0, .8)
	if chance(.3) {
		worse = 0
	}
	perStep := between(0, .3)
	if chance(.3) {
		perStep = 0
	}
	sum := linear + worse + perStep
	body := scale * (1 - heavy) / n / sum
	power.MS, power.Factors = body*worse/math.Pow(frames, power.Frames), factors
	l.Terms = []Term{
		{Name: "once", MS: scale * heavy * between(.3, .9)},
		{Name: "decode", MS: scale * heavy * between(.1, .6) / frames, Pixels: 1, Frames: 1, Batch: 1},
		{Name: "step", MS: body * perStep, Steps: 1, Factors: factors},
		{Name: "pixels", MS: body * linear / frames, Steps: 1, Pixels: 1, Frames: 1, Batch: 1, Factors: factors},
		power,
		load,
	}
	if chance(.25) {
		l.Terms = append(l.Terms, Term{Name: "compile", MS: scale * between(.3, 3), When: "new_shape"})
		l.Restarts = .02
	}
	if chance(.3) {
		l.Noise.Outliers, l.Noise.OutlierFrom, l.Noise.OutlierTo = .01, 3, 20
	}
	if chance(.15) {
		l.Noise.QuantumMS = min(500, scale/20)
	}
	if err := l.check(); err != nil {
		panic(fmt.Sprintf("a law that was made up is none: %v", err))
	}
	return l
}
