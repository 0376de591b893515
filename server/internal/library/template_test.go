package library_test

import (
	"os"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

func TestEditedTemplateIsTakenIn(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	before, bookedBefore := r.Hash(), r.NewJob("booked before")
	measured := w.Benchmark()

	r.Edit(`"filename_prefix": "`, `"filename_prefix": "edited/`)
	r.Eventually("the edit is offered", func() bool { return r.Hash() != before })
	if w.Benchmark() != measured {
		t.Error("the estimate was dropped with the edit")
	}
	if o := w.RunJob(r.NewJob("booked after")); o.Verdict != dispatch.Completed || !strings.HasPrefix(o.Results[0].Filename, "edited/") {
		t.Errorf("booked after: %+v", o)
	}
	if o := w.RunJob(bookedBefore); o.Verdict != dispatch.Completed || strings.HasPrefix(o.Results[0].Filename, "edited/") {
		t.Errorf("booked before: %+v", o)
	}
	r.Eventually("it is measured when nobody is in the way",
		func() bool { return strings.Contains(r.Logged(), "the edited workflow was measured") })
	if files := r.Written(); len(files) != 2 {
		t.Errorf("files: %v", files)
	}

	// A restart of the service finds that measurement.
	w.Leave()
	if again := r.Boot(); again.Step("benchmark").Outcome != health.Skipped || again.Benchmark() != w.Benchmark() {
		t.Errorf("benchmark: %+v", again.Step("benchmark"))
	}
}

func TestBadEditKeepsTheVersionBefore(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	good, err := os.ReadFile(r.Template())
	if err != nil {
		t.Fatal(err)
	}
	before := r.Hash()
	for _, tc := range []struct{ name, text, want string }{
		{"no JSON", "{", "it is not a workflow: line 1"},
		{"field gone", strings.Replace(string(good), `"noise_seed"`, `"noise_sees"`, 1), "parameter_map.seed"},
		{"unknown class", strings.Replace(string(good), `"RandomNoise"`, `"RarerNoise"`, 1), "RarerNoise"},
		{
			"missing model", strings.Replace(string(good), "flux2-vae", "flux3-vae", 1),
			"flux3-vae.safetensors, which is not there: put it into models/vae",
		},
	} {
		r.WriteTemplate(tc.text)
		r.Eventually("the operator is told of "+tc.name, func() bool { return strings.Contains(w.State().Reason, tc.want) })
		if w.State().Status != health.Ready || r.Hash() != before {
			t.Errorf("%s: %+v", tc.name, w.State())
		}
	}
	if o := w.RunJob(r.NewJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	r.WriteTemplate(string(good))
	r.Eventually("all is well again", func() bool { return w.State().Reason == "" })
	// Editors put a new file in the old one's place.
	if err := os.WriteFile(r.Template()+"~", []byte(strings.Replace(string(good), `"steps": 4`, `"steps": 5`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.Template()+"~", r.Template()); err != nil {
		t.Fatal(err)
	}
	r.Eventually("the edit is offered", func() bool { return r.Hash() != before })
}
