package learn_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

const mostState = 16 << 10 // bytes

// size draws a number that callers may say, mostly a sane one.
func size() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(1, 1e4), rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -3, 20, math.NaN(), math.Inf(1), 1e300}))
}

func drawFeatures(t *rapid.T) learn.Features {
	return learn.Features{
		Steps:   size().Draw(t, "steps"),
		Pixels:  size().Draw(t, "pixels"),
		Frames:  size().Draw(t, "frames"),
		Batch:   size().Draw(t, "batch"),
		Choices: rapid.MapOfN(rapid.StringN(0, 60, 90), rapid.StringN(0, 60, 90), 0, 8).Draw(t, "choices"),
		Numbers: rapid.MapOfN(rapid.StringN(0, 60, 90), size(), 0, 5).Draw(t, "numbers"),
		Models:  rapid.StringN(0, 80, 200).Draw(t, "models"),
	}
}

func drawStart(t *rapid.T) learn.Start {
	return learn.Start{Cold: rapid.Bool().Draw(t, "cold"), NewShape: rapid.Bool().Draw(t, "new shape")}
}

func drawModel(t *rapid.T, most int) *learn.Model {
	m := &learn.Model{}
	for range rapid.IntRange(0, most).Draw(t, "runs") {
		f, took := drawFeatures(t), rapid.OneOf(rapid.Float64Range(1, 1e7), rapid.Float64()).Draw(t, "took")
		if rapid.IntRange(0, 9).Draw(t, "benchmark") == 0 {
			m.Benchmark(f, took)
			continue
		}
		m.Observe(learn.Run{Features: f, Start: drawStart(t), TookMS: took, Cached: rapid.Bool().Draw(t, "cached")})
	}
	return m
}

func sound(t *rapid.T, p learn.Prediction) {
	for _, v := range []float64{p.MiddleMS, p.BoundMS, p.LoadMS} {
		if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			t.Fatalf("a prediction of no time: %+v", p)
		}
	}
	if p.BoundMS < p.MiddleMS || p.LoadMS > p.MiddleMS {
		t.Fatalf("the bound lies below the middle, or the load takes longer than the run: %+v", p)
	}
}

func TestPredictionsAreSoundWhateverIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t, 50)
		if rapid.Bool().Draw(t, "borrowed") {
			own := drawModel(t, 2)
			own.Borrow(m)
			m = own
		}
		f, start := drawFeatures(t), drawStart(t)
		p := m.Predict(f, start)
		sound(t, p)
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > mostState {
			t.Fatalf("the state has %d bytes", len(data))
		}
		var again learn.Model
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatalf("a state that was written cannot be read: %v", err)
		}
		if q := again.Predict(f, start); q != p {
			t.Fatalf("read again it predicts %+v, not %+v", q, p)
		}
		second, err := json.Marshal(&again)
		if err != nil || !bytes.Equal(data, second) {
			t.Fatalf("written again the state is another one (%v)", err)
		}
	})
}

func TestMoreWorkNeverTakesLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t, 30)
		f, start := drawFeatures(t), drawStart(t)
		value := rapid.SampledFrom([]func(*learn.Features) *float64{
			func(f *learn.Features) *float64 { return &f.Steps },
			func(f *learn.Features) *float64 { return &f.Pixels },
			func(f *learn.Features) *float64 { return &f.Frames },
			func(f *learn.Features) *float64 { return &f.Batch },
		}).Draw(t, "value")
		from := rapid.Float64Range(1, 1e4).Draw(t, "from")
		*value(&f) = from
		less := m.Predict(f, start)
		*value(&f) = from * rapid.Float64Range(1, 16).Draw(t, "times")
		if more := m.Predict(f, start); more.MiddleMS < less.MiddleMS*(1-1e-6) {
			t.Fatalf("more of it takes %+v, less takes %+v", more, less)
		}
	})
}

func TestColdStartsNeverTakeLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t, 30)
		f := drawFeatures(t)
		warm, cold := m.Predict(f, learn.Start{}), m.Predict(f, learn.Start{Cold: true})
		if cold.MiddleMS < warm.MiddleMS*(1-1e-6) || warm.LoadMS != 0 {
			t.Fatalf("cold %+v, warm %+v", cold, warm)
		}
	})
}
