package workflow_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func inputs(of map[string]workflow.Input) workflow.Class { return workflow.Class{Inputs: of} }

// classes are those of graph, as a ComfyUI with all its files has them.
func classes() map[string]workflow.Class {
	return map[string]workflow.Class{
		"CLIPTextEncode": inputs(map[string]workflow.Input{"text": {Kind: workflow.KindText}}),
		"RandomNoise":    inputs(map[string]workflow.Input{"noise_seed": {Kind: workflow.KindInteger, Min: "0", Max: "18446744073709551615"}}),
		"CLIPLoader":     inputs(map[string]workflow.Input{"clip_name": {Kind: workflow.KindChoice, Choices: []string{"qwen.safetensors"}}}),
		"EmptyLatent": inputs(map[string]workflow.Input{
			"width": {Kind: workflow.KindInteger, Min: "16", Max: "16384", Step: "16"},
			"scale": {Kind: workflow.KindNumber, Min: "0.5"},
			"tiled": {Kind: workflow.KindBoolean},
		}),
		"Schedule":  inputs(map[string]workflow.Input{"width": {Kind: workflow.KindInteger, Min: "32", Max: "8192", Step: "16"}}),
		"SaveImage": {Output: true, Inputs: map[string]workflow.Input{"filename_prefix": {Kind: workflow.KindText}}},
	}
}

func TestDescribeTakesRangesFromNodesAndMap(t *testing.T) {
	b := bindings()
	b["width"] = limited(b["width"], "100", "2048")
	b["seed"] = limited(b["seed"], "", "16777215")
	template, err := workflow.Parse("fox", "Fox", []byte(graph), b)
	if err != nil {
		t.Fatal(err)
	}
	d := template.Describe(classes())
	if d.SeedMin != 0 || d.SeedMax != 16777215 || d.Prompt != "a fox" {
		t.Errorf("seed from %d to %d, prompt %q", d.SeedMin, d.SeedMax, d.Prompt)
	}
	want := []workflow.Parameter{
		{Name: "scale", Title: "Scale", Kind: workflow.KindNumber, Min: "0.5", Default: workflow.Number(1.5)},
		{Name: "tiled", Title: "Tiled", Kind: workflow.KindBoolean, Default: workflow.Boolean(false)},
		{Name: "width", Title: "Width", Kind: workflow.KindInteger, Min: "112", Max: "2048", Step: 16, Default: workflow.Integer(1024)},
	}
	if diff := cmp.Diff(want, d.Parameters); diff != "" {
		t.Error(diff)
	}
	if len(d.Problems) > 0 {
		t.Errorf("problems: %v", d.Problems)
	}
}

// one describes a template with one parameter p beside prompt and seed, whose fields have these values and inputs.
func one(t *testing.T, fields map[string]string, of map[string]workflow.Input) (workflow.Description, workflow.Parameter) {
	t.Helper()
	written, targets := "", []string{}
	for field, value := range fields {
		written += fmt.Sprintf(`, %q: %s`, field, value)
		targets = append(targets, "1."+field)
	}
	template, err := workflow.Parse("one", "One", []byte(`{"1": {"class_type": "X", "inputs": {"text": "", "seed": 1`+written+`}}}`),
		map[string]workflow.Binding{"prompt": at("1.text"), "seed": at("1.seed"), "p": at(targets...)})
	if err != nil {
		t.Fatal(err)
	}
	d := template.Describe(map[string]workflow.Class{"X": {Output: true, Inputs: of}})
	return d, d.Parameters[0]
}

func TestParametersOfEveryKind(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		input       workflow.Input
		want        workflow.Parameter
	}{
		{"widest integer", "-5", workflow.Input{
			Kind: workflow.KindInteger,
			Min:  "-9223372036854775807",
			Max:  "18446744073709551615",
		}, workflow.Parameter{
			Kind:    workflow.KindInteger,
			Min:     "-9223372036854775807",
			Default: workflow.Integer(-5),
		}},
		{"fractional limits", "2", workflow.Input{
			Kind: workflow.KindInteger,
			Min:  "0.5",
			Max:  "1.6e1",
		}, workflow.Parameter{
			Kind:    workflow.KindInteger,
			Min:     "1",
			Max:     "16",
			Default: workflow.Integer(2),
		}},
		{"integer as text", `"64"`, workflow.Input{
			Kind: workflow.KindInteger,
		}, workflow.Parameter{
			Kind:    workflow.KindInteger,
			Default: workflow.Integer(64),
		}},
		{"integer as float", `20.0`, workflow.Input{
			Kind: workflow.KindInteger,
		}, workflow.Parameter{
			Kind:    workflow.KindInteger,
			Default: workflow.Integer(20),
		}},
		{"template off the steps", "1000", workflow.Input{
			Kind: workflow.KindInteger,
			Min:  "0",
			Step: "16",
		}, workflow.Parameter{
			Kind:    workflow.KindInteger,
			Min:     "0",
			Default: workflow.Integer(1000),
		}},
		{"odd numbers", "31", workflow.Input{
			Kind: workflow.KindInteger,
			Min:  "1",
			Max:  "31",
			Step: "2",
		}, workflow.Parameter{
			Kind:    workflow.KindInteger,
			Min:     "1",
			Max:     "31",
			Step:    2,
			Default: workflow.Integer(31),
		}},
		{"whole number for a float", "8", workflow.Input{
			Kind: workflow.KindNumber,
			Min:  "0.0",
			Max:  "100.0",
			Step: "0.1",
		}, workflow.Parameter{
			Kind:    workflow.KindNumber,
			Min:     "0",
			Max:     "100",
			Default: workflow.Number(8),
		}},
		{"choice", `"b"`, workflow.Input{
			Kind:    workflow.KindChoice,
			Choices: []string{"a", "b"},
		}, workflow.Parameter{
			Kind:    workflow.KindChoice,
			Choices: []string{"a", "b"},
			Default: workflow.Text("b"),
		}},
		{"choice that is no text", `2`, workflow.Input{
			Kind:    workflow.KindChoice,
			Choices: []string{"1", "2"},
		}, workflow.Parameter{
			Kind:    workflow.KindChoice,
			Choices: []string{"1", "2"},
			Default: workflow.Text("2"),
		}},
		{"boolean", `true`, workflow.Input{
			Kind: workflow.KindBoolean,
		}, workflow.Parameter{
			Kind:    workflow.KindBoolean,
			Default: workflow.Boolean(true),
		}},
		{"text", `"x"`, workflow.Input{Kind: workflow.KindText}, workflow.Parameter{Kind: workflow.KindText, Default: workflow.Text("x")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, got := one(t, map[string]string{"f": tc.value}, map[string]workflow.Input{"f": tc.input})
			tc.want.Name, tc.want.Title = "p", "P"
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if len(d.Problems) > 0 || got.Check(got.Default) != "" {
				t.Errorf("problems %v; own value: %q", d.Problems, got.Check(got.Default))
			}
		})
	}
}

// Whatever a description allows goes into all the fields.
func TestRangeOfSeveralTargets(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		input := func(name string) workflow.Input {
			low := rapid.Int64Range(-50, 50).Draw(r, name+" min")
			return workflow.Input{
				Kind: workflow.KindInteger,
				Min:  json.Number(fmt.Sprint(low)),
				Max:  json.Number(fmt.Sprint(low + rapid.Int64Range(0, 200).Draw(r, name+" width"))),
				Step: json.Number(fmt.Sprint(rapid.IntRange(1, 12).Draw(r, name+" step"))),
			}
		}
		a, b := input("a"), input("b")
		own := rapid.Int64Range(-50, 250).Draw(r, "own")
		_, p := one(t, map[string]string{"a": fmt.Sprint(own), "b": fmt.Sprint(own)}, map[string]workflow.Input{"a": a, "b": b})
		onGrid := func(i workflow.Input, n int64) bool {
			low, _ := i.Min.Int64()
			step, _ := i.Step.Int64()
			return (n-low)%step == 0
		}
		within := func(i workflow.Input, n int64) bool {
			low, _ := i.Min.Int64()
			high, _ := i.Max.Int64()
			return n >= low && n <= high
		}
		for n := int64(-60); n <= 260; n++ {
			allowed := p.Check(workflow.Integer(n)) == ""
			if allowed && !(within(a, n) && within(b, n)) {
				t.Fatalf("%d is allowed: %+v", n, p)
			}
			if onGrid(a, own) && onGrid(b, own) && allowed != (within(a, n) && within(b, n) && onGrid(a, n) && onGrid(b, n)) {
				t.Fatalf("%d: allowed is %v: %+v", n, allowed, p)
			}
		}
	})
}

func TestProblemsSayWhatToDo(t *testing.T) {
	has := func(input workflow.Input) map[string]workflow.Input {
		return map[string]workflow.Input{"unet_name": input}
	}
	files := func(names ...string) workflow.Input {
		return workflow.Input{Kind: workflow.KindChoice, Choices: append([]string{}, names...)}
	}
	for _, tc := range []struct {
		name, value string
		inputs      map[string]workflow.Input
		want        string
	}{
		{
			"no models", `"flux.safetensors"`, has(files()),
			"node 1 (X) needs the model file flux.safetensors, which is not there: put it into models/diffusion_models and start again",
		},
		{
			"in a folder", `"flux.safetensors"`, has(files("new\\flux.safetensors")),
			"which this ComfyUI has as new\\flux.safetensors: change unet_name in the template",
		},
		{"of another system", `"new\\flux.safetensors"`, has(files("new/flux.safetensors")), "which this ComfyUI has as new/flux.safetensors"},
		{"list unknown", `"flux.safetensors"`, has(workflow.Input{Kind: workflow.KindText}), ""},
		{"input picture", `"cat.png"`, has(workflow.Input{
			Kind:    workflow.KindChoice,
			Choices: []string{},
			Upload:  true,
		}), "put it into ComfyUI's input folder"},
		{"input picture in a folder", `"pets/cat.png"`, has(workflow.Input{Kind: workflow.KindChoice, Choices: []string{}, Upload: true}), ""},
		{
			"other choice", `"flux2"`, has(files("sd3", "wan")),
			`has "flux2" in the field unet_name, which this ComfyUI does not offer there (it has sd3, wan)`,
		},
		{"too large", `99999`, has(workflow.Input{
			Kind: workflow.KindInteger,
			Max:  "16384",
		}), "has 99999 in the field unet_name, which takes at most 16384"},
		{"too small", `0.1`, has(workflow.Input{
			Kind: workflow.KindNumber,
			Min:  "0.5",
		}), "has 0.1 in the field unet_name, which takes at least 0.5"},
		{"no number", `"abc"`, has(workflow.Input{Kind: workflow.KindInteger}), "which takes a whole number"},
		{"prompt into a number", `1`, map[string]workflow.Input{
			"text":      {Kind: workflow.KindInteger, Min: "0"},
			"unet_name": {Kind: workflow.KindInteger},
		}, "parameter_map.prompt names the field text of node 1 (X), which takes a whole number; it needs text"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, _ := one(t, map[string]string{"unet_name": tc.value}, tc.inputs)
			text := fmt.Sprint(d.Problems)
			if tc.want == "" && len(d.Problems) > 0 || !strings.Contains(text, tc.want) {
				t.Errorf("problems: %s\nwant %s", text, tc.want)
			}
		})
	}
}

func TestProblemsOfTheGraph(t *testing.T) {
	template := parse(t)
	c := classes()
	delete(c, "Schedule")
	c["CLIPLoader"] = inputs(map[string]workflow.Input{"clip_name": {Kind: workflow.KindChoice, Choices: []string{}}})
	text := fmt.Sprint(template.Describe(c).Problems)
	if !strings.Contains(text, "node 48 (Schedule) is of a class that this ComfyUI does not have") {
		t.Errorf("missing class: %s", text)
	}
	if strings.Contains(text, "clip_name") {
		t.Errorf("no output needs node 38, so ComfyUI does not look at its values: %s", text)
	}
	c = classes()
	c["SaveImage"] = workflow.Class{}
	if text := fmt.Sprint(template.Describe(c).Problems); !strings.Contains(text, "saves anything") {
		t.Errorf("no output node: %s", text)
	}
}

func TestFillKeepsWhatTheTemplateHas(t *testing.T) {
	template, err := workflow.Parse("x", "X", []byte(`{"1": {"class_type": "X", "inputs": {"text": "", "seed": 1, "bits": 8, "on": true, "name": "8"}}}`),
		map[string]workflow.Binding{"prompt": at("1.text"), "seed": at("1.seed"), "bits": at("1.bits"), "on": at("1.on"), "name": at("1.name")})
	if err != nil {
		t.Fatal(err)
	}
	filled := string(template.Fill(workflow.Inputs{
		Parameters: workflow.Values{"bits": workflow.Text("16"), "on": workflow.Text("false"), "name": workflow.Text("16")},
	}))
	for _, want := range []string{`"bits":16`, `"on":false`, `"name":"16"`} {
		if !strings.Contains(filled, want) {
			t.Errorf("no %s in %s", want, filled)
		}
	}
}

func TestParameterCheck(t *testing.T) {
	width := workflow.Parameter{Kind: workflow.KindInteger, Min: "16", Max: "64", Step: 16}
	wide := workflow.Parameter{Kind: workflow.KindInteger, Min: "-9223372036854775807", Max: "9007199254740993"}
	strength := workflow.Parameter{Kind: workflow.KindNumber, Min: "0", Max: "0.1"}
	style := workflow.Parameter{Kind: workflow.KindChoice, Choices: []string{"ink", "oil"}}
	for _, tc := range []struct {
		parameter workflow.Parameter
		value     workflow.Value
		want      string
	}{
		{width, workflow.Integer(32), ""},
		{width, workflow.Integer(40), "must be in steps of 16: 32 or 48"},
		{width, workflow.Integer(80), "must be from 16 to 64"},
		{width, workflow.Number(32), "must be a whole number"},
		{width, nil, "must be a whole number"},
		{wide, workflow.Integer(9007199254740993), ""},
		{wide, workflow.Integer(9007199254740994), "must be from -9223372036854775807 to 9007199254740993"},
		{wide, workflow.Integer(math.MinInt64), "must be from -9223372036854775807 to 9007199254740993"},
		{workflow.Parameter{Kind: workflow.KindInteger, Min: "-9223372036854775807", Step: 2}, workflow.Integer(math.MaxInt64), ""},
		{strength, workflow.Number(0.1), ""},
		{strength, workflow.Number(0.11), "must be from 0 to 0.1"},
		{strength, workflow.Number(math.NaN()), "must be a finite number"},
		{style, workflow.Text("ink"), ""},
		{style, workflow.Text("tin"), "must be one of ink, oil"},
		{workflow.Parameter{Kind: workflow.KindChoice}, workflow.Text("tin"), "has nothing to choose from on this ComfyUI"},
		{workflow.Parameter{Kind: workflow.KindNumber}, workflow.Integer(3), ""},
		{workflow.Parameter{Kind: workflow.KindBoolean}, workflow.Text("yes"), "must be true or false"},
	} {
		if got := tc.parameter.Check(tc.value); got != tc.want {
			t.Errorf("Check(%v) = %q, want %q", tc.value, got, tc.want)
		}
	}
}

// Bounds never promise more than Check allows.
func TestBoundsOfWideIntegers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		low, high := rapid.Int64().Draw(r, "low"), rapid.Int64().Draw(r, "high")
		p := workflow.Parameter{Kind: workflow.KindInteger, Min: json.Number(fmt.Sprint(low)), Max: json.Number(fmt.Sprint(high))}
		from, to := p.Bounds()
		if *from < 1<<63 && int64(*from) < low || *to > -1<<63 && int64(*to) > high {
			t.Fatalf("from %f to %f: %+v", *from, *to, p)
		}
	})
}
