package learn_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

func TestNothingIsKnownOfNothing(t *testing.T) {
	var m learn.Model
	if p := m.Predict(learn.Features{Steps: 20}, learn.Start{}); p != (learn.Prediction{Guess: true}) {
		t.Errorf("with nothing learned: %+v", p)
	}
}

func TestABenchmarkIsScaledBySteps(t *testing.T) {
	var m learn.Model
	m.Benchmark(learn.Features{Steps: 20, Pixels: 1 << 20}, 10_000)
	p := m.Predict(learn.Features{Steps: 40, Pixels: 1 << 20}, learn.Start{})
	if !p.Guess || p.Runs != 0 || p.MiddleMS < 14_000 || p.MiddleMS > 20_000 || p.BoundMS <= p.MiddleMS {
		t.Errorf("twice the steps of what took 10 s: %+v", p)
	}
}

func TestRunsTeachStepsAndTheRest(t *testing.T) {
	var m learn.Model
	takes := func(steps float64) float64 { return 4000 + 300*steps }
	for range 3 {
		for _, steps := range []float64{10, 20, 30} {
			m.Observe(learn.Run{Features: learn.Features{Steps: steps}, TookMS: takes(steps)})
		}
	}
	m.Observe(learn.Run{Features: learn.Features{Steps: 20}, TookMS: 150, Cached: true})
	p := m.Predict(learn.Features{Steps: 60}, learn.Start{})
	if math.Abs(p.MiddleMS-takes(60)) > 500 || p.Runs != 9 || p.Guess {
		t.Errorf("60 steps of a law that takes %g: %+v", takes(60), p)
	}
	data, err := json.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	var again learn.Model
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if q := again.Predict(learn.Features{Steps: 60}, learn.Start{}); q != p {
		t.Errorf("kept and read again: %+v, before %+v", q, p)
	}
}

func TestAnotherWorkersRunsAreScaledByTheBenchmark(t *testing.T) {
	var slow, fast learn.Model
	takes := func(f learn.Features) float64 { return 2000 + 20*f.Steps*f.Pixels/10_000 }
	for i := range 12 {
		f := learn.Features{Steps: float64(8 + i%4*8), Pixels: float64(512*512) * float64(1+i%3)}
		slow.Observe(learn.Run{Features: f, TookMS: 2 * takes(f)})
	}
	measured := learn.Features{Steps: 20, Pixels: 512 * 512}
	fast.Benchmark(measured, takes(measured))
	alone := fast.Predict(learn.Features{Steps: 40, Pixels: 3 * 512 * 512}, learn.Start{})
	fast.Borrow(&slow)
	f := learn.Features{Steps: 40, Pixels: 3 * 512 * 512}
	p := fast.Predict(f, learn.Start{})
	if math.Abs(p.MiddleMS/takes(f)-1) > .05 || !p.Guess || p.Runs != 0 {
		t.Errorf("a run that takes %g: %+v; by the benchmark alone %+v", takes(f), p, alone)
	}
	fast.Observe(learn.Run{Features: measured, TookMS: takes(measured)})
	fast.Borrow(&slow)
	if p := fast.Predict(f, learn.Start{}); p.Runs != 1 || math.Abs(p.MiddleMS/takes(f)-1) > .05 {
		t.Errorf("after a run of its own: %+v, want %g", p, takes(f))
	}
}

func TestAChangedWorkerIsKnownInFiveRuns(t *testing.T) {
	var m learn.Model
	factor := 1.0
	run := func(i int) (learn.Features, float64) {
		steps := float64(8 + i*7%24)
		return learn.Features{Steps: steps}, 3000 + factor*steps*500
	}
	for i := range 30 {
		f, took := run(i)
		m.Observe(learn.Run{Features: f, TookMS: took * (1 + .01*float64(i%3-1))})
	}
	factor = .4
	for i := range 5 {
		f, took := run(i)
		m.Observe(learn.Run{Features: f, TookMS: took})
	}
	for i := range 9 {
		f, took := run(i)
		if p := m.Predict(f, learn.Start{}); math.Abs(p.MiddleMS/took-1) > .05 {
			t.Errorf("%g steps take %g now: %+v", f.Steps, took, p)
		}
	}
}
