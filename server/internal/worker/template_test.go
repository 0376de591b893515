package worker_test

import (
	"os"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

func TestEditedTemplateIsTakenIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	before, bookedBefore := r.hash(), r.newJob("booked before")
	measured := w.benchmark()

	r.edit(`"filename_prefix": "`, `"filename_prefix": "edited/`)
	r.eventually("the edit is offered", func() bool { return r.hash() != before })
	if w.benchmark() != measured {
		t.Error("the estimate was dropped with the edit")
	}
	if o := w.run(r.newJob("booked after")); o.Verdict != dispatch.Completed || !strings.HasPrefix(o.Results[0].Filename, "edited/") {
		t.Errorf("booked after: %+v", o)
	}
	if o := w.run(bookedBefore); o.Verdict != dispatch.Completed || strings.HasPrefix(o.Results[0].Filename, "edited/") {
		t.Errorf("booked before: %+v", o)
	}
	r.eventually("it is measured when nobody is in the way", func() bool { return strings.Contains(r.logged(), "the edited workflow was measured") })
	if files := r.written(); len(files) != 2 {
		t.Errorf("files: %v", files)
	}

	// A restart of the service finds that measurement.
	w.leave()
	if again := r.boot(); again.step("benchmark").Outcome != health.Skipped || again.benchmark() != w.benchmark() {
		t.Errorf("benchmark: %+v", again.step("benchmark"))
	}
}

func TestBadEditKeepsTheVersionBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	good, err := os.ReadFile(r.template())
	if err != nil {
		t.Fatal(err)
	}
	before := r.hash()
	for _, tc := range []struct{ name, text, want string }{
		{"no JSON", "{", "not a ComfyUI graph in API format"},
		{"node gone", strings.Replace(string(good), `"25":`, `"26b":`, 1), "parameter_map.seed"},
		{"unknown class", strings.Replace(string(good), `"RandomNoise"`, `"RarerNoise"`, 1), "RarerNoise"},
		{"missing model", strings.Replace(string(good), "flux2-vae", "flux3-vae", 1), "flux3-vae.safetensors, which is not there: put it into models/vae"},
	} {
		r.writeTemplate(tc.text)
		r.eventually("the operator is told of "+tc.name, func() bool { return strings.Contains(w.State().Reason, tc.want) })
		if w.State().Status != health.Ready || r.hash() != before {
			t.Errorf("%s: %+v", tc.name, w.State())
		}
	}
	if o := w.run(r.newJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	r.writeTemplate(string(good))
	r.eventually("all is well again", func() bool { return w.State().Reason == "" })
	// Editors put a new file in the old one's place.
	if err := os.WriteFile(r.template()+"~", []byte(strings.Replace(string(good), `"steps": 4`, `"steps": 5`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.template()+"~", r.template()); err != nil {
		t.Fatal(err)
	}
	r.eventually("the edit is offered", func() bool { return r.hash() != before })
}

// A job that falls due while an edit is measured has precedence.
func TestMeasurementMakesWay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	before := r.hash()
	r.comfy("extra_args", nil)
	r.edit(`"steps": 4`, `"steps": 400`) // of 20 ms: eight seconds
	r.eventually("the edit is offered", func() bool { return r.hash() != before })
	r.eventually("the edit is measured", func() bool {
		n, known := w.QueueRemaining()
		return known && n > 0
	})
	j := r.newJob("a fox")
	j.Template = before
	if ready, reason := w.Ready(t.Context()); ready || !strings.Contains(reason, "measurement") {
		t.Errorf("ready: %v, %s", ready, reason)
	}
	if o := w.run(j); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	says(t, r.logged(), "the measurement of the edited workflow made way")
	if strings.Contains(r.logged(), "the edited workflow was measured") {
		t.Error("the job waited for the whole measurement")
	}
}
