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
