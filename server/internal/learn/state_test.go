package learn_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
)

// learnedOf is a model of some runs with a bit of everything.
func learnedOf(runs int) *learn.Model {
	m := &learn.Model{}
	m.Benchmark(learn.Features{Steps: 20, Pixels: 1 << 20}, 9000)
	for i := range runs {
		steps, batch := float64(8+i%5*6), float64(1+i%3)
		f := learn.Features{
			Steps:   steps,
			Pixels:  float64(512+i%4*128) * 1024,
			Batch:   batch,
			Choices: map[string]string{"sampler": []string{"euler", "heun"}[i%2]},
			Numbers: map[string]float64{"tiles": float64(1 + i%2)},
			Models:  "one",
		}
		took := 900 + 400*batch + steps*batch*f.Pixels/8000*float64(1+i%2)
		start := learn.Start{Cold: i%9 == 0}
		if start.Cold {
			took += 7000
		}
		m.Observe(learn.Run{Features: f, Start: start, TookMS: took})
	}
	return m
}

func TestStatesOfOthersAreRefused(t *testing.T) {
	good, err := json.Marshal(learnedOf(4))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, says string }{
		{"not JSON", "{", "", "invalid"},
		{"another version", `"version":1`, `"version":2`, "version 2"},
		{"a reach of nothing", `"reach":`, `"reach":9`, "spreads above the middle"},
		{"a time below nothing", `"t":`, `"t":-`, "out of all bounds"},
		{"a text that is not there", `"m":1`, `"m":77`, "no text 77"},
		{"runs below nothing", `"runs":4`, `"runs":-4`, "more of it"},
		{"a size of nothing", `"n":[20,`, `"n":[0,`, "is no size"},
	} {
		bad := strings.Replace(string(good), c.from, c.to, 1)
		m := learnedOf(2)
		before := m.Predict(learn.Features{Steps: 9}, learn.Start{})
		if err := m.UnmarshalJSON([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q; the state was %s", c.name, err, c.says, good)
		}
		if after := m.Predict(learn.Features{Steps: 9}, learn.Start{}); after != before {
			t.Errorf("%s: the model is another one now", c.name)
		}
	}
}

func FuzzState(f *testing.F) {
	for _, runs := range []int{0, 1, 4, 30} {
		data, err := json.Marshal(learnedOf(runs))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m learn.Model
		if m.UnmarshalJSON(data) != nil {
			return
		}
		m.Observe(learn.Run{Features: learn.Features{Steps: 10, Choices: map[string]string{"a": "b"}}, TookMS: 1000})
		p := m.Predict(learn.Features{Steps: 20}, learn.Start{Cold: true, NewShape: true})
		if !(p.MiddleMS >= 1 && p.BoundMS >= p.MiddleMS && p.LoadMS >= 0) {
			t.Errorf("%+v", p)
		}
		again, err := json.Marshal(&m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &learn.Model{}); err != nil {
			t.Errorf("what was read and written again is refused: %v", err)
		}
	})
}

func BenchmarkPredict(b *testing.B) {
	m := learnedOf(200)
	f := learn.Features{Steps: 25, Pixels: 1 << 20, Batch: 2, Choices: map[string]string{"sampler": "heun"}, Models: "one"}
	b.ReportAllocs()
	for b.Loop() {
		m.Predict(f, learn.Start{Cold: true})
	}
}

func BenchmarkObserve(b *testing.B) {
	m := learnedOf(200)
	f := learn.Features{Steps: 25, Pixels: 1 << 20, Batch: 2, Choices: map[string]string{"sampler": "heun"}, Models: "one"}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(learn.Run{Features: f, TookMS: 9000})
	}
}
