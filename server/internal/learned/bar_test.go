package learned_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/course"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// phases are the parts of a run, in milliseconds: the sampler, with a load before its first step when its models are not there, and the
// decoder.
type phases struct {
	load, step, decode float64
	steps              int
}

func (p phases) took() float64 { return p.load + float64(p.steps)*p.step + p.decode }

// at returns the state of the run after some milliseconds.
func (p phases) at(ms float64) course.State {
	sampling := p.load + float64(p.steps)*p.step
	if ms >= sampling {
		return course.State{Elapsed: ms, Done: map[string]float64{"3": sampling}, Node: "4", Since: ms - sampling}
	}
	s := course.State{Elapsed: ms, Node: "3", Since: ms}
	if done := int((ms - p.load) / p.step); ms > p.load && done > 0 {
		s.Step, s.Total, s.First, s.FirstAt, s.Stepped = done, p.steps, p.load+p.step, 1, p.load+float64(done)*p.step
	}
	return s
}

func (r *rig) phases(v workflow.Values, cold bool) phases {
	noise := func() float64 { return math.Exp(.02 * r.dice.NormFloat64()) }
	size := float64(v["width"].(workflow.Integer)) / 1024
	p := phases{step: (40 + 160*size) * noise(), decode: (200 + 500*size) * noise(), steps: int(v["steps"].(workflow.Integer))}
	if cold {
		p.load = loading * noise()
	}
	return p
}

// play runs one, asks at some parts of it when it will end, and returns how far off that was.
func (r *rig) play(v workflow.Values, cold bool, parts ...float64) (off []float64) {
	l := r.Worker("one")
	if cold {
		l.Unloaded()
	}
	p := r.phases(v, cold)
	run := l.Posts(r.offers["fox"], v, 0)
	last := 0.0
	for _, part := range parts {
		fraction, end := run.At(p.at(part * p.took()))
		if fraction < last {
			r.t.Errorf("%+v goes back from %g to %g", p, last, fraction)
		}
		last = fraction
		off = append(off, math.Abs(end-p.took())/p.took())
	}
	sampled := p.took() - p.decode
	run.Ended(learned.End{
		Took:  p.took(),
		Spans: []course.Span{{Node: "3", Took: sampled, Steps: p.steps}, {Node: "4", Took: p.decode}},
	}, learned.Point{})
	return off
}

// Along twenty runs with values of their own, after ten that taught, the end that is told is the real one: at the start as good as the
// estimate, and better from then on. docs/estimates.md has the table.
func TestTheEndThatIsTold(t *testing.T) {
	r := newRig(t, margin)
	values := func() workflow.Values { return of(10+r.dice.IntN(30), 512+64*r.dice.IntN(12)) }
	for i := range 10 {
		r.play(values(), i%5 == 0)
	}
	parts := []float64{.01, .1, .25, .5, .75, .9, .99}
	off := make([][]float64, len(parts))
	for i := range 20 {
		for k, one := range r.play(values(), i%10 == 9, parts...) {
			off[k] = append(off[k], one)
		}
	}
	row := func(quantile int) (text string, worst float64) {
		var b strings.Builder
		for k := range parts {
			slices.Sort(off[k])
			at := off[k][len(off[k])*quantile/100]
			worst = max(worst, at)
			fmt.Fprintf(&b, " %4.1f %% |", 100*at)
		}
		return b.String(), worst
	}
	half, worstHalf := row(50)
	most, worst := row(90)
	t.Logf("off after %v of the run:\n| p50 |%s\n| p90 |%s", parts, half, most)
	if worstHalf > .03 || worst > .08 || off[5][18] > .03 {
		t.Errorf("the end is told wrong by %.3f, %.3f at most", worstHalf, worst)
	}
}
