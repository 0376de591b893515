package measure_test

import (
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// bare makes a rig with a workflow of which nothing is told but its file.
func bare(t *testing.T, graph string) *fleettest.Rig {
	r := fleettest.New(t)
	r.WriteTemplate(graph)
	delete(r.Configuration["workflow"].(map[string]any), "parameter_map")
	return r
}

func TestABootThatWritesNothingKeepsTheWorkflowFromBeingBooked(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	r.Edit(`"SaveImage"`, `"PreviewImage"`)
	w := r.Boot()
	if s := w.Step("warm up"); s.Outcome != health.Done || !strings.Contains(s.Detail, "it wrote nothing") {
		t.Errorf("warm-up: %+v", s)
	}
	if s := w.Step("benchmark"); s.Outcome != health.Skipped || w.State().Status != health.Ready {
		t.Errorf("benchmark: %+v, and the worker is %s", s, w.State().Status)
	}
	told := r.Workflow()
	if told.Bookable || len(told.Problems) == 0 || !strings.Contains(told.Problems[0], "wrote nothing") {
		t.Errorf("offered: %+v", told)
	}
	w.Leave()
	if r.Boot(); r.Workflow().Bookable {
		t.Error("a restart forgets it")
	}
	r.Edit(`"PreviewImage"`, `"SaveImage"`)
	if w := r.Boot(); !r.Workflow().Bookable || w.Benchmark() == 0 {
		t.Errorf("after it was corrected: %+v", r.Workflow())
	}
}

// The second run of a workflow that nothing can be varied of comes out of ComfyUI's cache: it says nothing. The case cached_benchmark.
func TestABenchmarkOutOfTheCacheIsTakenFromTheWarmUp(t *testing.T) {
	t.Parallel()
	r := bare(t, `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
		"2": {"class_type": "ImagePadForOutpaint", "inputs": {"image": ["1", 0], "left": 8, "top": 8, "right": 8, "bottom": 8, "feathering": 0}},
		"3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}}}`)
	w := r.Boot()
	const said = "of the warm-up: ComfyUI answered the second run from its cache"
	if s := w.Step("benchmark"); s.Outcome != health.Done || !strings.Contains(s.Detail, said) {
		t.Errorf("benchmark: %+v", s)
	}
}

// One of which something can be is measured honestly, without prompt and seed.
func TestABenchmarkWithoutPromptAndSeed(t *testing.T) {
	t.Parallel()
	r := bare(t, `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
		"2": {"class_type": "ImagePadForOutpaint", "inputs": {"image": ["1", 0], "left": 8, "top": 8, "right": 8, "bottom": 8, "feathering": 0}},
		"3": {"class_type": "ImageBlur", "inputs": {"image": ["2", 0], "blur_radius": 2, "sigma": 1.5}},
		"4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}}}`)
	w := r.Boot()
	if s := w.Step("benchmark"); s.Outcome != health.Done || strings.Contains(s.Detail, "cache") {
		t.Errorf("benchmark: %+v", s)
	}
}

func TestWorkflowsThatTheBootDoesNotRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ graph, want string }{
		"a file": {`{
			"1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
			"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}`, "needs a file"},
		"money": {`{
			"1": {"class_type": "FluxProUltraImageNode", "inputs": {"prompt": "a fox", "prompt_upsampling": false, "seed": 0,
				"aspect_ratio": "16:9", "raw": false}},
			"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}`, "costs money"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bare(t, c.graph).Boot()
			for _, step := range []string{"warm up", "benchmark"} {
				if s := w.Step(step); s.Outcome != health.Skipped || !strings.Contains(s.Detail, c.want) {
					t.Errorf("%s: %+v", step, s)
				}
			}
			if w.State().Status != health.Ready {
				t.Errorf("the worker is %s", w.State().Status)
			}
		})
	}
}
