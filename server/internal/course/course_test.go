package course_test

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/course"
)

// run plays one of a sampler and a decoder, told at each step, and returns the worst that was told of its end, relative to it.
func play(t interface{ Errorf(string, ...any) }, r *course.Run, load, step, decode float64, steps int) (worst float64) {
	end := load + float64(steps)*step + decode
	last := 0.0
	tell := func(s course.State) {
		fraction, told := r.At(s)
		if fraction < last || fraction > .99 || told <= s.Elapsed {
			t.Errorf("at %g of %g: %g after %g, end %g", s.Elapsed, end, fraction, last, told)
		}
		last = fraction
		worst = max(worst, math.Abs(told-end)/end)
	}
	tell(course.State{Elapsed: 1})
	for i := range steps + 1 {
		at := load + float64(i)*step
		s := course.State{Elapsed: at, Node: "sampler", Since: at, Step: i, Total: steps}
		if i > 0 {
			s.Stepped, s.First, s.FirstAt = at, load+step, 1
		}
		tell(s)
	}
	done := map[string]float64{"sampler": load + float64(steps)*step}
	for i := range 5 {
		since := decode * float64(i) / 5
		tell(course.State{Elapsed: end - decode + since, Done: done, Node: "decoder", Since: since})
	}
	return worst
}

func spans(load, step, decode float64, steps int) []course.Span {
	return []course.Span{{Node: "sampler", Took: load + float64(steps)*step, Steps: steps}, {Node: "decoder", Took: decode}}
}

func TestARunAsThoseBeforeIt(t *testing.T) {
	var c course.Course
	for _, steps := range []int{10, 20, 30} {
		c = c.Observe(course.Work{Steps: float64(steps), Size: 1e6}, spans(0, 100, 500, steps), false)
	}
	c = c.Observe(course.Work{Steps: 20, Size: 1e6}, spans(3000, 100, 500, 20), true)
	for _, tc := range []struct {
		steps  int
		load   float64
		tells  float64
		within float64
	}{
		{20, 0, 2500, .03},
		{40, 0, 4500, .03},   // values that were not seen
		{20, 3000, 5500, .1}, // with its models to load
		{20, 0, 3500, .45},   // the estimate was wrong, and that shows by and by
	} {
		r := c.Begin(course.Work{Steps: float64(tc.steps), Size: 1e6}, tc.tells, tc.load > 0)
		if worst := play(t, r, tc.load, 100, 500, tc.steps); worst > tc.within {
			t.Errorf("%+v: the end was told wrong by %.3f", tc, worst)
		}
	}
}

// Whatever is known and whatever happens, a run goes on and never back.
func TestItNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Float64Range(0, 1e5)
		var c course.Course
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			steps := rapid.IntRange(1, 40).Draw(t, "steps")
			w := course.Work{Steps: float64(steps), Size: rapid.Float64Range(0, 1e7).Draw(t, "size")}
			c = c.Observe(w, spans(ms.Draw(t, "load"), ms.Draw(t, "step"), ms.Draw(t, "decode"), steps), rapid.Bool().Draw(t, "cold"))
		}
		w := course.Work{Steps: ms.Draw(t, "work"), Size: ms.Draw(t, "size")}
		r := c.Begin(w, ms.Draw(t, "expected"), rapid.Bool().Draw(t, "cold"))
		play(t, r, ms.Draw(t, "load"), 1+ms.Draw(t, "step"), 1+ms.Draw(t, "decode"), rapid.IntRange(1, 30).Draw(t, "steps"))
	})
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	var c course.Course
	for i := range 1000 {
		c = c.Observe(course.Work{}, []course.Span{{Node: strconv.Itoa(i), Took: float64(i % 100)}}, false)
	}
	if len(c.Nodes) > 64 {
		t.Errorf("%d nodes are kept", len(c.Nodes))
	}
}
