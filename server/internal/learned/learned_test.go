package learned_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/course"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// rig has some workflows on two workers.
type rig struct {
	*learned.Knowledge
	t      testing.TB
	rules  estimate.Rules
	state  *memory.State
	offers map[string]workflow.Offer
	dice   *rand.Rand
	now    atomic.Int64 // milliseconds; each look at the clock is one later
}

func newRig(t testing.TB, rules estimate.Rules) *rig {
	r := &rig{
		t:      t,
		rules:  rules,
		state:  memory.NewState(),
		offers: map[string]workflow.Offer{"fox": offer(t, "fox", "fox.safetensors"), "owl": offer(t, "owl", "owl.safetensors")},
		dice:   rand.New(rand.NewPCG(1, 2)),
	}
	r.start()
	return r
}

// start makes the knowledge of a service that is started.
func (r *rig) start() {
	r.t.Helper()
	s := memory.Open(r.state)
	r.t.Cleanup(func() { _ = s.Close() })
	r.Knowledge = learned.New(learned.Config{
		Rules: r.rules,
		Offer: func(_, id string) (workflow.Offer, bool) {
			o, known := r.offers[id]
			return o, known
		},
		Version: func(id string) *workflow.Version { return r.offers[id].Version },
		Store:   s,
		Now:     func() time.Time { return time.UnixMilli(r.now.Add(1)) },
		Log:     slog.New(slog.DiscardHandler),
	})
	for _, worker := range []string{"one", "two"} {
		if err := r.Read(r.t.Context(), worker); err != nil {
			r.t.Fatal(err)
		}
		r.Worker(worker).Up()
	}
}

// written waits until all that was learned is written.
func (r *rig) written() {
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	r.Run(ctx)
}

func offer(t testing.TB, id, model string) workflow.Offer {
	t.Helper()
	value, err := jsontree.Parse(fmt.Appendf(nil, `{
		"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": %q}},
		"2": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
		"3": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "latent_image": ["2", 0], "steps": 20, "seed": 1}},
		"4": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
		"5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "x"}}
	}`, model))
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Parse(value.(*jsontree.Object))
	if err != nil {
		t.Fatal(err)
	}
	return labelled(workflow.Offer{Version: &workflow.Version{ID: id, Hash: id, Graph: g}, Graph: g}, "Steps")
}

// labelled is the offer with another form.
func labelled(o workflow.Offer, label string) workflow.Offer {
	inputs := &form.Form{Inputs: []form.Input{
		{Name: "steps", Label: label, Kind: form.Integer, Role: form.Steps, Targets: []form.Target{{Node: "3", Field: "steps"}}},
		{Name: "width", Label: "Width", Kind: form.Integer, Role: form.Width, Targets: []form.Target{{Node: "2", Field: "width"}}},
	}}
	v := *o.Version
	v.Form, v.Hash = inputs, v.ID+label
	return workflow.Offer{Version: &v, Graph: o.Graph, Form: inputs}
}

func of(steps, width int) workflow.Values {
	return workflow.Values{"steps": workflow.Integer(steps), "width": workflow.Integer(width)}
}

const loading = 8000 // milliseconds

// law is the time that runs take.
func law(v workflow.Values) float64 {
	return 500 + float64(v["steps"].(workflow.Integer))*(40+160*float64(v["width"].(workflow.Integer))/1024)
}

// job runs one, which takes as long as the law says, give or take a little.
func (r *rig) job(worker, id string, v workflow.Values, factor float64, cold bool, cached ...string) {
	l := r.Worker(worker)
	run := l.Posts(r.offers[id], v, 1000)
	took := law(v) * factor * math.Exp(.01*r.dice.NormFloat64())
	if cold {
		took += loading
	}
	run.Ended(learned.End{Took: took, Cached: cached}, learned.Point{Expected: 1000, Slot: 2000})
}

func (r *rig) estimate(worker, id string, v workflow.Values) estimate.Length {
	r.t.Helper()
	length, known := r.Estimate(worker, id, v)
	if !known {
		r.t.Fatalf("nothing is known of the %s on %s", id, worker)
	}
	return length
}

func near(got int64, want, part float64) bool { return math.Abs(float64(got)-want) <= part*want }

var margin = estimate.Rules{Margin: 0.1}

func TestRunsTeach(t *testing.T) {
	r := newRig(t, margin)
	if got := r.estimate("one", "fox", of(20, 1024)); got.Basis != estimate.Guess || got.Expected != 60_000 {
		t.Errorf("nothing is known: %+v", got)
	}
	r.Worker("one").Benchmark(r.offers["fox"], 4500)
	if got := r.estimate("one", "fox", of(20, 1024)); got.Basis != estimate.Measured || got.Expected != 4500 || got.Slot != 4950 {
		t.Errorf("measured: %+v", got)
	}
	if got := r.estimate("one", "fox", of(40, 1024)); got.Basis != estimate.Measured || !near(got.Expected, law(of(40, 1024)), .25) {
		t.Errorf("measured, with twice the steps: %+v, want %g", got, law(of(40, 1024)))
	}
	if got := r.estimate("one", "owl", of(20, 1024)); got.Basis != estimate.Guess || got.Expected != 4500 {
		t.Errorf("another workflow: %+v", got)
	}
	for i := range 12 {
		r.job("one", "fox", of(10+2*i, 512+128*(i%5)), 1, false)
	}
	for _, v := range []workflow.Values{of(20, 1024), of(30, 768), of(50, 1024)} {
		if got := r.estimate("one", "fox", v); got.Basis != estimate.Learned || !near(got.Expected, law(v), .08) || got.Slot < got.Expected ||
			!near(got.Slot, law(v), .25) {
			t.Errorf("learned of %v: %+v, want %g", v, got, law(v))
		}
	}
	if got := r.estimate("one", "fox", of(2000, 4096)); got.Basis != estimate.Guess {
		t.Errorf("far outside: %+v", got)
	}
	if got := r.estimate("one", "fox", nil); !near(got.Expected, law(of(20, 1024)), .08) {
		t.Errorf("for a list: %+v", got)
	}
	if e, known := r.Worker("one").Sum(r.offers["fox"]); !known || e.Basis != estimate.Learned || e.BenchmarkMS != 4500 ||
		!near(e.ExpectedMS, law(of(20, 1024)), .08) {
		t.Errorf("summed up: %+v", e)
	}
	if _, known := r.Estimate("three", "fox", nil); known {
		t.Error("something is known of a worker that never was up")
	}
}

func TestWhatWasLearnedBelongsToTheGraph(t *testing.T) {
	r := newRig(t, margin)
	for i := range 12 {
		r.job("one", "fox", of(10+2*i, 1024), 1, false)
	}
	before := r.estimate("one", "fox", of(20, 1024))
	r.written()
	r.start()
	if got := r.estimate("one", "fox", of(20, 1024)); !near(got.Expected, float64(before.Expected), .001) || got.Basis != estimate.Learned {
		t.Errorf("after a restart: %+v, before it %+v", got, before)
	}
	r.offers["fox"] = labelled(r.offers["fox"], "How often")
	if got := r.estimate("one", "fox", of(20, 1024)); !near(got.Expected, float64(before.Expected), .001) || got.Basis != estimate.Learned {
		t.Errorf("with another label: %+v", got)
	}
	edited := offer(t, "fox", "fox2.safetensors")
	r.offers["fox"] = edited
	if got := r.estimate("one", "fox", of(20, 1024)); !near(got.Expected, float64(before.Expected), .001) || got.Basis != estimate.Guess {
		t.Errorf("another graph: %+v", got)
	}
}

// A worker that has run nothing of a workflow goes by what another one has learned, as a guess.
func TestAnotherWorkerHasLearned(t *testing.T) {
	r := newRig(t, margin)
	for i := range 16 {
		r.job("one", "fox", of(10+2*i, 512+128*(i%5)), 1, false)
	}
	if got := r.estimate("two", "fox", of(20, 1024)); got.Basis != estimate.Guess || !near(got.Expected, law(of(20, 1024)), .1) {
		t.Errorf("on a worker like it: %+v", got)
	}
	r.Worker("two").Benchmark(r.offers["fox"], int64(law(of(20, 1024))/2)) // it is twice as fast
	if got := r.estimate("two", "fox", of(30, 768)); got.Basis != estimate.Measured || !near(got.Expected, law(of(30, 768))/2, .15) {
		t.Errorf("on a faster one: %+v, want %g", got, law(of(30, 768))/2)
	}
	r.written()
	r.start()
	if got := r.estimate("two", "fox", of(30, 768)); !near(got.Expected, law(of(30, 768))/2, .15) {
		t.Errorf("after a restart: %+v", got)
	}
	r.job("two", "fox", of(20, 1024), .5, false)
	if got := r.estimate("two", "fox", of(40, 640)); got.Basis != estimate.Learned || !near(got.Expected, law(of(40, 640))/2, .15) {
		t.Errorf("after its first job: %+v, want %g", got, law(of(40, 640))/2)
	}
}

func TestTheMarginEndsWithTheFifthJob(t *testing.T) {
	slot := func(rules estimate.Rules, jobs int) float64 {
		r := newRig(t, rules)
		r.Worker("one").Benchmark(r.offers["fox"], int64(law(of(20, 1024))))
		for range jobs {
			r.job("one", "fox", of(20, 1024), 1, false)
		}
		got := r.estimate("one", "fox", of(20, 1024))
		return float64(got.Slot) / float64(got.Expected)
	}
	if few := slot(margin, 4); few < 1.09 {
		t.Errorf("after four jobs a slot is %.3f times its job", few)
	}
	many, set := slot(margin, 30), slot(estimate.Rules{Margin: 0.1, Explicit: true}, 30)
	if many > 1.07 || set < many+.08 {
		t.Errorf("after many a slot is %.3f times its job, with a margin that somebody has set %.3f", many, set)
	}
}

func TestLoadingIsLearnedApart(t *testing.T) {
	r := newRig(t, margin)
	l := r.Worker("one")
	if r.Resident("one") != "" {
		t.Errorf("resident: %q", r.Resident("one"))
	}
	for range 4 {
		l.Unloaded()
		if got := r.estimate("one", "owl", of(20, 1024)); r.Resident("one") == "" || r.Resident("one") == got.Models {
			t.Errorf("when nothing is loaded %q is, and %q is needed", r.Resident("one"), got.Models)
		}
		r.job("one", "fox", of(20, 1024), 1, true)
		for range 3 {
			r.job("one", "fox", of(20, 1024), 1, false)
		}
	}
	got := r.estimate("one", "fox", of(20, 1024))
	if !near(got.Expected, law(of(20, 1024)), .05) || !near(got.Load, loading, .1) || got.LoadSlot < got.Load ||
		got.Models != "checkpoints/fox.safetensors" || r.Resident("one") != got.Models {
		t.Errorf("learned: %+v, resident %q", got, r.Resident("one"))
	}
	for range 6 { // in turns with others that push them out
		r.job("one", "owl", of(20, 1024), 1, true)
		r.job("one", "fox", of(20, 1024), 1, true)
	}
	if got := r.estimate("one", "fox", of(20, 1024)); !near(got.Expected, law(of(20, 1024)), .05) || !near(got.Load, loading, .1) {
		t.Errorf("in turns with another: %+v", got)
	}
	for range 20 { // there is memory for both now
		r.job("one", "owl", of(20, 1024), 1, false)
		r.job("one", "fox", of(20, 1024), 1, false)
	}
	if got := r.estimate("one", "fox", of(20, 1024)); got.Load != 0 {
		t.Errorf("with memory for both: %+v", got)
	}
}

// What a worker had in memory when the service ended is there when it is started again, unless its ComfyUI was started too; the first run
// shows whether it was.
func TestWhatLiesInMemoryOutlivesARestart(t *testing.T) {
	r := newRig(t, margin)
	for range 6 {
		r.job("one", "owl", of(20, 1024), 1, true)
		r.job("one", "fox", of(20, 1024), 1, true)
	}
	want := r.estimate("one", "fox", of(20, 1024)).Models
	r.written()
	r.start()
	if got := r.Resident("one"); got != want || r.Resident("two") != "" {
		t.Errorf("adopted: %q on the one, %q on the other, want %q", got, r.Resident("two"), want)
	}
	before := r.estimate("one", "fox", of(20, 1024))
	r.job("one", "fox", of(20, 1024), 1, true) // somebody else has used it meanwhile
	if got := r.estimate("one", "fox", of(20, 1024)); !near(got.Expected, float64(before.Expected), .05) {
		t.Errorf("a run that had to load: %+v, before it %+v", got, before)
	}
	r.written()
	r.start()
	r.Worker("one").Unloaded()
	if got := r.Resident("one"); got == want || got == "" {
		t.Errorf("started: %q", got)
	}
	r.start()
	r.Worker("two").Joins(r.offers["owl"], of(20, 1024), 1000)
	if got := r.Resident("two"); got != r.estimate("two", "owl", of(20, 1024)).Models {
		t.Errorf("with a run under way: %q", got)
	}
}

func TestWhatTeachesNothing(t *testing.T) {
	r := newRig(t, margin)
	for range 10 {
		r.job("one", "fox", of(20, 1024), 1, false)
	}
	before := r.estimate("one", "fox", of(20, 1024))
	for range 5 {
		r.job("one", "fox", of(20, 1024), .01, false, "1", "2", "3")
	}
	run := r.Worker("one").Posts(r.offers["fox"], of(20, 1024), 0)
	run.Ended(learned.End{Took: 90_000, Behind: true}, learned.Point{})
	if got := r.estimate("one", "fox", of(20, 1024)); got.Expected != before.Expected || got.Slot != before.Slot {
		t.Errorf("%+v, before %+v", got, before)
	}
}

// Remaining time goes by what the nodes took, and by the values.
func TestHowFarARunIs(t *testing.T) {
	r := newRig(t, margin)
	l := r.Worker("one")
	for range 3 {
		run := l.Posts(r.offers["fox"], of(20, 1024), 10_000)
		spans := []course.Span{{Node: "3", Took: 8000, Steps: 20}, {Node: "4", Took: 2000}}
		run.Ended(learned.End{Took: 10_000, Spans: spans}, learned.Point{})
	}
	run := l.Posts(r.offers["fox"], of(20, 1024), 10_000)
	if _, end := run.At(course.State{Elapsed: 10, Node: "3", Since: 10}); !near(int64(end), 10_000, .05) {
		t.Errorf("at its start it ends after %g", end)
	}
	half := course.State{Elapsed: 6000, Node: "3", Since: 6000, Step: 10, Total: 20, Stepped: 6000} // slower than ever
	if fraction, end := run.At(half); !near(int64(end), 14_000, .1) || fraction < .35 || fraction > .5 {
		t.Errorf("half-way it is at %g and ends after %g", fraction, end)
	}
}

// A prediction in all: features, what is known, and a bound, warm and cold.
func BenchmarkEstimate(b *testing.B) {
	r := newRig(b, margin)
	for i := range 60 {
		r.job("one", "fox", of(10+2*(i%10), 512+128*(i%5)), 1, false)
	}
	values := of(21, 896)
	for b.Loop() {
		r.Estimate("one", "fox", values)
	}
}
