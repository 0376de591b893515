package features_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/features"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// offer makes one of a graph and its inputs, which are bound to the fields of their targets.
func offer(t testing.TB, text string, inputs ...form.Input) workflow.Offer {
	t.Helper()
	value, err := jsontree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Parse(value.(*jsontree.Object))
	if err != nil {
		t.Fatal(err)
	}
	v := &workflow.Version{ID: "fox", Graph: g, Form: &form.Form{Inputs: inputs}}
	return workflow.Offer{Version: v, Graph: g, Form: v.Form}
}

func set(name string, role form.Role, kind form.Kind, targets ...form.Target) form.Input {
	return form.Input{Name: name, Role: role, Kind: kind, Targets: targets}
}

const picture = `{
	"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd\\fox.safetensors"}},
	"2": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 2}},
	"3": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "latent_image": ["2", 0], "seed": 1, "steps": 20, "cfg": 7,
		"sampler_name": "euler", "scheduler": "normal"}},
	"4": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["1", 2]}},
	"5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "fox"}}
}`

func TestConstantsOfTheGraphCountWhereNobodySetsThem(t *testing.T) {
	got := features.Of(offer(t, picture)).Of(nil, nil)
	want := learn.Features{Steps: 20, Pixels: 512 * 768, Batch: 2, Models: "checkpoints/sd/fox.safetensors"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesGoBeforeTheGraph(t *testing.T) {
	o := offer(t, picture,
		set("width", form.Width, form.Integer, form.Target{Node: "2", Field: "width"}),
		set("height", form.Height, form.Integer, form.Target{Node: "2", Field: "height"}),
		set("batch", form.Batch, form.Integer, form.Target{Node: "2", Field: "batch_size"}),
		set("how_often", form.Steps, form.Integer, form.Target{Node: "3", Field: "steps"}),
		set("guidance", form.Guidance, form.Number, form.Target{Node: "3", Field: "cfg"}),
		set("way", "", form.Choice, form.Target{Node: "3", Field: "sampler_name"}),
		set("seed", form.SeedRole, form.Seed, form.Target{Node: "3", Field: "seed"}),
		set("model", "", form.Choice, form.Target{Node: "1", Field: "ckpt_name"}),
	)
	plan := features.Of(o)
	got := plan.Of(workflow.Values{
		"width":     workflow.Integer(1024),
		"how_often": workflow.Integer(30),
		"guidance":  workflow.Number(1),
		"way":       workflow.Text("heun"),
		"seed":      workflow.Seed(99),
		"model":     workflow.Text("owl.safetensors"),
	}, nil)
	want := learn.Features{
		Steps:   30,
		Pixels:  1024 * 768,
		Batch:   2,
		Choices: map[string]string{"3.sampler_name": "heun", "guidance": "1"},
		Models:  "checkpoints/owl.safetensors",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"3.sampler_name": "euler", "guidance": "more"}, plan.Of(nil, nil).Choices); diff != "" {
		t.Error(diff)
	}
	if plan.Shape(nil) == plan.Shape(workflow.Values{"width": workflow.Integer(768), "height": workflow.Integer(512)}) {
		t.Error("a picture on its side is of another shape")
	}
}

// Of two samplers that share the steps each does its own.
func TestStagedSamplersDoTheirParts(t *testing.T) {
	o := offer(t, `{
		"1": {"class_type": "PrimitiveInt", "inputs": {"value": 20}},
		"9": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
		"2": {"class_type": "KSamplerAdvanced", "inputs": {"steps": ["1", 0], "start_at_step": 0, "end_at_step": 14, "latent_image": ["9", 0]}},
		"3": {"class_type": "KSamplerAdvanced", "inputs": {"steps": ["1", 0], "start_at_step": 14, "end_at_step": 10000,
			"latent_image": ["2", 0]}}
	}`, set("steps", form.Steps, form.Integer, form.Target{Node: "1", Field: "value"}))
	plan := features.Of(o)
	if got := plan.Of(nil, nil).Steps; got != 20 {
		t.Errorf("%g steps", got)
	}
	if got := plan.Of(workflow.Values{"steps": workflow.Integer(30)}, nil).Steps; got != 30 {
		t.Errorf("%g steps", got)
	}
	if plan.Cached([]string{"2"}) || !plan.Cached([]string{"1", "2", "3"}) {
		t.Error("what samples is what counts")
	}
}

func TestSizesOfFilesCount(t *testing.T) {
	o := offer(t, `{
		"1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
		"2": {"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["1", 0]}},
		"3": {"class_type": "ImageScaleBy", "inputs": {"image": ["2", 0], "scale_by": 2.0}}
	}`,
		form.Input{Name: "image", Kind: form.File, File: form.Image, Targets: []form.Target{{Node: "1", Field: "image"}}},
		set("scale", "", form.Number, form.Target{Node: "3", Field: "scale_by"}))
	size := func(id string) (features.Size, bool) { return features.Size{Width: 640, Height: 480}, id == "abc" }
	got := features.Of(o).Of(workflow.Values{"image": workflow.File{Asset: "abc"}, "scale": workflow.Number(4)}, size)
	if diff := cmp.Diff(learn.Features{Pixels: 640 * 480, Numbers: map[string]float64{"3.scale_by": 4}}, got); diff != "" {
		t.Error(diff)
	}
	if got := features.Of(o).Of(workflow.Values{"image": workflow.File{Input: "x.png"}}, size); got.Pixels != 0 {
		t.Errorf("of a file that nobody has handed in %g pixels are known", got.Pixels)
	}
}

// Of a video the latent frames count, and where there are only seconds and frames in each, these.
func TestFrames(t *testing.T) {
	video := features.Of(offer(t, `{"1": {"class_type": "EmptyHunyuanLatentVideo", "inputs": {"width": 640, "height": 360, "length": 49}}}`))
	if got := video.Of(nil, nil).Frames; got != 13 {
		t.Errorf("%g frames", got)
	}
	sound := features.Of(offer(t, `{"1": {"class_type": "EmptyLatentAudio", "inputs": {"seconds": 47.6, "batch_size": 1}}}`))
	if got := sound.Of(nil, nil).Frames; got != 47.6 {
		t.Errorf("%g seconds", got)
	}
}

// The shipped workflow is read as people see it.
func TestTheShippedWorkflow(t *testing.T) {
	text, err := os.ReadFile("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	got := features.Of(offer(t, string(text))).Of(nil, nil)
	if got.Steps < 1 || got.Pixels < 1<<18 || got.Models == "" {
		t.Errorf("%+v", got)
	}
}

func BenchmarkFeatures(b *testing.B) {
	plan := features.Of(offer(b, picture, set("steps", form.Steps, form.Integer, form.Target{Node: "3", Field: "steps"})))
	values := workflow.Values{"steps": workflow.Integer(4)}
	for b.Loop() {
		plan.Of(values, nil)
	}
}
