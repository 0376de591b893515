package workflow_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// offer is a version whose form is as given.
func offer(inputs ...form.Input) workflow.Offer {
	return workflow.Offer{Version: &workflow.Version{}, Form: &form.Form{Inputs: inputs}}
}

func TestWhatAnInputTakes(t *testing.T) {
	width := form.Input{Kind: form.Integer, Min: "16", Max: "64", Step: "16"}
	wide := form.Input{Kind: form.Integer, Min: "-9223372036854775807", Max: "9007199254740993"}
	strength := form.Input{Kind: form.Number, Min: "0", Max: "0.1"}
	style := form.Input{Kind: form.Choice, Choices: []string{"ink", "oil"}}
	seed := form.Input{Kind: form.Seed, Min: "5", Max: "18446744073709551614"}
	prompt := form.Input{Kind: form.Text, Role: form.Prompt}
	const outside = "must be the path of a file within ComfyUI's input folder, with forward slashes"
	for _, tc := range []struct {
		input form.Input
		value workflow.Value
		want  string
	}{
		{width, workflow.Integer(32), ""},
		{width, workflow.Integer(40), "must be in steps of 16: 32 or 48"},
		{width, workflow.Integer(80), "must be from 16 to 64"},
		{width, workflow.Number(32), "must be a whole number"},
		{width, workflow.Seed(32), "must be a whole number"},
		{width, nil, "must be a whole number"},
		{wide, workflow.Integer(9007199254740993), ""},
		{wide, workflow.Integer(9007199254740994), "must be from -9223372036854775807 to 9007199254740993"},
		{wide, workflow.Integer(math.MinInt64), "must be from -9223372036854775807 to 9007199254740993"},
		{form.Input{Kind: form.Integer, Min: "-9223372036854775807", Step: "2"}, workflow.Integer(math.MaxInt64), ""},
		{form.Input{Kind: form.Integer, Max: "4"}, workflow.Integer(5), "must be at most 4"},
		{strength, workflow.Number(0.1), ""},
		{strength, workflow.Number(0.11), "must be from 0 to 0.1"},
		{strength, workflow.Number(math.NaN()), "must be a finite number"},
		{form.Input{Kind: form.Number}, workflow.Integer(3), ""},
		{style, workflow.Text("ink"), ""},
		{style, workflow.Text("tin"), "must be one of ink, oil"},
		{form.Input{Kind: form.Choice, Choices: []string{}}, workflow.Text("tin"), "has nothing to choose from on this ComfyUI"},
		{form.Input{Kind: form.Choice}, workflow.Text("tin"), ""}, // what there is is not known
		{form.Input{Kind: form.Boolean}, workflow.Text("yes"), "must be true or false"},
		{seed, workflow.Seed(5), ""},
		{seed, workflow.Seed(4), "must be from 5 to 18446744073709551614"},
		{seed, workflow.Integer(6), "must be a seed: a whole number from 0 to 18446744073709551615"},
		{prompt, workflow.Text("a fox"), ""},
		{prompt, workflow.Text(" \n\u3164\u200b"), "must not be empty: describe the picture"},
		{prompt, workflow.Integer(1), "must be text"},
		{form.Input{Kind: form.Text, Role: form.NegativePrompt}, workflow.Text(""), ""},
		{form.Input{Kind: form.Text, Role: form.Prompt, Optional: true}, workflow.Text(""), ""},
		{form.Input{Kind: form.File}, workflow.File{Input: "pets/cat.png"}, ""},
		{form.Input{Kind: form.File}, workflow.File{Asset: "ab12"}, ""},
		{
			form.Input{Kind: form.File},
			workflow.File{Input: "ComfyScheduler/ab12.png"},
			"must not name a file of the folder comfyscheduler, where uploaded files are; upload the file, or name it by its asset's id",
		},
		{form.Input{Kind: form.File}, workflow.File{Input: "../cat.png"}, outside},
		{form.Input{Kind: form.File}, workflow.File{Input: "/etc/passwd"}, outside},
		{form.Input{Kind: form.File}, workflow.File{Input: `pets\cat.png`}, outside},
		{form.Input{Kind: form.File}, workflow.File{Input: "C:/cat.png"}, outside},
		{form.Input{Kind: form.File}, workflow.File{}, "must name a file"},
		{form.Input{Kind: form.File, Optional: true}, workflow.File{}, ""},
		{form.Input{Kind: form.File}, workflow.Text("cat.png"), "must be a file"},
	} {
		tc.input.Name = "x"
		want := ""
		if tc.want != "" {
			want = `inputs["x"]: ` + tc.want
		}
		got := ""
		if err := offer(tc.input).Check(workflow.Values{"x": tc.value}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%+v, %v: %q, want %q", tc.input, tc.value, got, want)
		}
	}
}

func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	o := offer(
		form.Input{Name: "prompt", Role: form.Prompt, Kind: form.Text},
		form.Input{Name: "seed", Role: form.SeedRole, Kind: form.Seed, Max: "9"},
		form.Input{Name: "image", Kind: form.File},
		form.Input{Name: "mask", Kind: form.File, Optional: true},
		form.Input{Name: "style", Kind: form.Text, Default: "ink"},
		form.Input{Name: "steps", Kind: form.Integer, Max: "4"},
		form.Input{Name: "device", Kind: form.Text, Hidden: true},
	)
	err := o.Validate(workflow.Values{"seed": workflow.Seed(10), "device": workflow.Text("gpu")})
	refused, is := fault.Of(err)
	if !is {
		t.Fatalf("got %v", err)
	}
	got := map[string]string{}
	for _, f := range refused.Fields {
		got[f.Name+"."+f.Key] = f.Message
	}
	if diff := cmp.Diff(map[string]string{
		"inputs.prompt": "must not be empty: describe the picture",
		"inputs.seed":   "must be from 0 to 9",
		"inputs.image":  "is missing: give a file",
		"inputs.steps":  "is missing: give a whole number",
		"inputs.device": "the workflow has no such input; it has prompt, seed, image, mask, style, steps",
	}, got); diff != "" {
		t.Error(diff)
	}
	if err := o.Check(nil); err != nil {
		t.Errorf("what is not given is not checked: %v", err)
	}
	if err := offer().Validate(nil); err != nil {
		t.Errorf("a workflow without inputs: %v", err)
	}
	if err := offer().Check(workflow.Values{"prompt": workflow.Text("x")}); err == nil || !strings.HasSuffix(err.Error(), "it has none") {
		t.Errorf("a prompt where there is none: %v", err)
	}
}

// Values have no order; a message that is another one each time could not be told from a new one.
func TestWhatIsWrongIsSaidInOneOrder(t *testing.T) {
	var inputs []form.Input
	values, want := workflow.Values{}, []string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		inputs = append(inputs, form.Input{Name: name, Kind: form.Integer})
		values[name], want = workflow.Text("many"), append(want, name)
	}
	slices.Reverse(inputs)
	o := offer(inputs...)
	for _, err := range []error{o.Check(values), o.CheckKnown(values)} {
		refused, _ := fault.Of(err)
		var got []string
		for _, f := range refused.Fields {
			got = append(got, f.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// A file that the graph names and ComfyUI does not have has to be named, or is left out where it may be.
func TestTheGraphsOwnFile(t *testing.T) {
	file := func(name string, optional bool, choices ...string) form.Input {
		return form.Input{Name: "image", Kind: form.File, Default: name, Choices: choices, Optional: optional}
	}
	for name, c := range map[string]struct {
		in   form.Input
		want workflow.Value // nil: a booking has to name one
	}{
		"there":            {file("cat.png", false, "cat.png"), workflow.File{Input: "cat.png"}},
		"not there":        {file("cat.png", false, "dog.png"), nil},
		"none is there":    {form.Input{Name: "image", Kind: form.File, Default: "cat.png", Choices: []string{}}, nil},
		"may be left out":  {file("cat.png", true, "dog.png"), workflow.File{}},
		"in a folder":      {file("pets/cat.png", false, "dog.png"), workflow.File{Input: "pets/cat.png"}},
		"nothing is known": {form.Input{Name: "image", Kind: form.File, Default: "cat.png"}, workflow.File{Input: "cat.png"}},
	} {
		o := offer(c.in)
		got := o.Complete(nil, func(uint64) uint64 { return 0 })["image"]
		if err := o.Validate(nil); got != c.want || (err == nil) != (c.want != nil) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
