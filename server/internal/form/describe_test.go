package form_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

func parse(t interface {
	Helper()
	Fatal(...any)
}, text string,
) *graph.Graph {
	t.Helper()
	file, err := graphfile.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return file.API
}

func at(targets ...string) form.Binding {
	var b form.Binding
	for _, target := range targets {
		node, field, _ := strings.Cut(target, ".")
		b.Targets = append(b.Targets, form.Target{Node: node, Field: field})
	}
	return b
}

func limited(b form.Binding, low, high json.Number) form.Binding {
	b.Min, b.Max = low, high
	return b
}

const fox = `{
  "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["38", 0], "text": "a fox"}, "_meta": {"title": "Positive"}},
  "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 18446744073709551615}},
  "38": {"class_type": "CLIPLoader", "inputs": {"clip_name": "qwen.safetensors"}},
  "47": {"class_type": "EmptyLatent", "inputs": {"width": 1024, "scale": 1.5, "tiled": false}},
  "48": {"class_type": "Schedule", "inputs": {"width": 1024, "latent": ["47", 0]}},
  "9": {"class_type": "SaveImage", "inputs": {"images": ["48", 0], "filename_prefix": "fox"}}
}`

const foxClasses = `{
  "CLIPTextEncode": {"input": {"required": {"text": ["STRING", {"multiline": true, "tooltip": "What to draw."}]}}},
  "RandomNoise": {"input": {"required": {"noise_seed": ["INT", {"min": 0, "max": 18446744073709551615}]}}},
  "EmptyLatent": {"input": {"required": {"width": ["INT", {"min": 16, "max": 16384, "step": 16}],
    "scale": ["FLOAT", {"min": 0.5}], "tiled": ["BOOLEAN", {}]}}},
  "Schedule": {"input": {"required": {"width": ["INT", {"min": 32, "max": 8192, "step": 16}]}}}
}`

func classesOf(t interface {
	Helper()
	Fatal(...any)
}, text string,
) *objectinfo.Info {
	t.Helper()
	info, err := objectinfo.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestAnExplicitFormTakesRangesFromNodesAndMap(t *testing.T) {
	g := parse(t, fox)
	kept, err := form.Explicit(g, map[string]form.Binding{
		"prompt":      at("6.text"),
		"seed":        limited(at("25.noise_seed"), "", "16777215"),
		"image_width": limited(at("47.width", "48.width"), "100", "2048"),
		"scale":       at("47.scale"),
		"tiled":       at("47.tiled"),
	})
	if err != nil {
		t.Fatal(err)
	}
	target := func(b form.Binding) []form.Target { return b.Targets }
	want := []form.Input{{
		Name:    "image_width",
		Label:   "Image width",
		Kind:    form.Integer,
		Min:     "112",
		Max:     "2048",
		Step:    "16",
		Default: json.Number("1024"),
		Targets: target(at("47.width", "48.width")),
	}, {
		Name:      "prompt",
		Label:     "Prompt",
		Help:      "What to draw.",
		Role:      form.Prompt,
		Kind:      form.Text,
		Multiline: true,
		Example:   "a fox",
		Targets:   target(at("6.text")),
	}, {
		Name:    "scale",
		Label:   "Scale",
		Kind:    form.Number,
		Min:     "0.5",
		Default: json.Number("1.5"),
		Targets: target(at("47.scale")),
	}, {
		Name:    "seed",
		Label:   "Seed",
		Role:    form.SeedRole,
		Kind:    form.Seed,
		Min:     "0",
		Max:     "16777215",
		Targets: target(at("25.noise_seed")),
	}, {
		Name:    "tiled",
		Label:   "Tiled",
		Kind:    form.Boolean,
		Default: false,
		Targets: target(at("47.tiled")),
	}}
	if diff := cmp.Diff(want, form.Describe(kept, g, classesOf(t, foxClasses)).Inputs); diff != "" {
		t.Error(diff)
	}
	// While no ComfyUI has told its classes, the graph's own values say what they can.
	want[0].Step, want[0].Min = "", "100"
	want[1].Help = ""
	want[2].Min = ""
	if diff := cmp.Diff(want, form.Describe(kept, g, nil).Inputs); diff != "" {
		t.Error("without classes:", diff)
	}
}

// describe describes one input of a node, with its value and what ComfyUI says of it; a choice that was made for it may narrow it.
func describe(t *testing.T, value, spec string, kept form.Input) form.Input {
	t.Helper()
	g := parse(t, fmt.Sprintf(`{"1": {"class_type": "X", "inputs": {"f": %s}}}`, value))
	info := classesOf(t, fmt.Sprintf(`{"X": {"input": {"required": {"f": %s}}, "output_node": true}}`, spec))
	kept.Targets = at("1.f").Targets
	in := form.Describe(&form.Form{Inputs: []form.Input{kept}}, g, info).Inputs[0]
	in.Targets = nil
	return in
}

func TestInputsOfEveryKind(t *testing.T) {
	for _, tc := range []struct {
		name, value, spec string
		kept, want        form.Input
	}{
		{
			"widest integer", "-5", `["INT", {"min": -9223372036854775807, "max": 18446744073709551615}]`,
			form.Input{},
			form.Input{Kind: form.Integer, Default: json.Number("-5")},
		},
		{
			"fractional limits", "2", `["INT", {"min": 0.5, "max": 1.6e1}]`,
			form.Input{},
			form.Input{Kind: form.Integer, Min: "1", Max: "16", Default: json.Number("2")},
		},
		{"integer as text", `"64"`, `["INT"]`, form.Input{}, form.Input{Kind: form.Integer, Default: json.Number("64")}},
		{"integer as float", `20.0`, `["INT"]`, form.Input{}, form.Input{Kind: form.Integer, Default: json.Number("20")}},
		{"no integer", `"many"`, `["INT"]`, form.Input{}, form.Input{Kind: form.Integer}},
		{
			"off the steps", "1000", `["INT", {"min": 0, "step": 16}]`,
			form.Input{},
			form.Input{Kind: form.Integer, Min: "0", Default: json.Number("1000")},
		},
		{
			"odd numbers", "31", `["INT", {"min": 1, "max": 31, "step": 2}]`,
			form.Input{},
			form.Input{Kind: form.Integer, Min: "1", Max: "31", Step: "2", Default: json.Number("31")},
		},
		{
			"own limits and default", "8", `["INT", {"min": 1, "max": 100}]`,
			form.Input{Min: "4", Max: "1000", Default: json.Number("16")},
			form.Input{Kind: form.Integer, Min: "4", Max: "100", Default: json.Number("16")},
		},
		{
			"whole number for a float", "8", `["FLOAT", {"min": 0.0, "max": 100.0, "step": 0.1}]`,
			form.Input{},
			form.Input{Kind: form.Number, Min: "0", Max: "100", Step: "0.1", Default: json.Number("8")},
		},
		{
			"choice", `"b"`, `[["a", "b"]]`,
			form.Input{},
			form.Input{Kind: form.Choice, Choices: []string{"a", "b"}, Default: "b"},
		},
		{
			"some of the choices", `"b"`, `[["a", "b", "c"]]`,
			form.Input{Choices: []string{"c", "b", "gone"}},
			form.Input{Kind: form.Choice, Choices: []string{"c", "b"}, Default: "b"},
		},
		{
			"choice that is no text", `2`, `[[1, 2.0, "all"]]`,
			form.Input{},
			form.Input{
				Kind:    form.Choice,
				Choices: []string{"1", "2", "all"},
				Values:  []any{json.Number("1"), json.Number("2.0"), "all"},
				Default: "2",
			},
		},
		{
			"choices that the page fetches", `"x"`, `["COMBO", {"remote": {"route": "/x"}}]`,
			form.Input{},
			form.Input{Kind: form.Text, Default: "x"},
		},
		{
			"choice that brings inputs along", `"b"`, `["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "a"}, {"key": "b"}]}]`,
			form.Input{},
			form.Input{Kind: form.Choice, Choices: []string{"a", "b"}, Default: "b"},
		},
		{"boolean", `true`, `["BOOLEAN"]`, form.Input{}, form.Input{Kind: form.Boolean, Default: true}},
		{"text", `"x"`, `["STRING", {"tooltip": "Say it."}]`, form.Input{}, form.Input{Kind: form.Text, Default: "x", Help: "Say it."}},
		{"own help", `"x"`, `["STRING", {"tooltip": "Say it."}]`, form.Input{Help: "A style."}, form.Input{
			Kind:    form.Text,
			Default: "x",
			Help:    "A style.",
		}},
		{"prompt that may be left out", `"x"`, `["STRING"]`, form.Input{Role: form.Prompt, Optional: true}, form.Input{
			Role:      form.Prompt,
			Kind:      form.Text,
			Optional:  true,
			Multiline: true,
			Default:   "x",
		}},
		{"picture", `"x.png"`, `[["x.png", "y.png"], {"image_upload": true}]`, form.Input{}, form.Input{
			Kind:    form.File,
			File:    form.Image,
			Choices: []string{"x.png", "y.png"},
			Default: "x.png",
		}},
		{"seed", `-1`, `["INT", {"min": -1, "max": 4294967295}]`, form.Input{Role: form.SeedRole}, form.Input{
			Role: form.SeedRole,
			Kind: form.Seed,
			Min:  "0",
			Max:  "4294967295",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, describe(t, tc.value, tc.spec, tc.kept)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a form allows goes into all the fields.
func TestRangeOfSeveralTargets(t *testing.T) {
	type limits struct{ low, high, step int64 }
	rapid.Check(t, func(r *rapid.T) {
		input := func(name string) limits {
			low := rapid.Int64Range(-50, 50).Draw(r, name+" min")
			return limits{low, low + rapid.Int64Range(0, 200).Draw(r, name+" width"), rapid.Int64Range(1, 12).Draw(r, name+" step")}
		}
		a, b := input("a"), input("b")
		own := rapid.Int64Range(-50, 250).Draw(r, "own")
		g := parse(r, fmt.Sprintf(`{"1": {"class_type": "X", "inputs": {"a": %d, "b": %d}}}`, own, own))
		spec := func(l limits) string {
			return fmt.Sprintf(`["INT", {"min": %d, "max": %d, "step": %d}]`, l.low, l.high, l.step)
		}
		info := classesOf(r, fmt.Sprintf(`{"X": {"input": {"required": {"a": %s, "b": %s}}, "output_node": true}}`, spec(a), spec(b)))
		kept := &form.Form{Inputs: []form.Input{{Name: "p", Targets: at("1.a", "1.b").Targets}}}
		in := form.Describe(kept, g, info).Inputs[0]
		low, _ := in.Min.Int64()
		high, _ := in.Max.Int64()
		step, err := in.Step.Int64()
		if err != nil {
			step = 1
		}
		onGrid := func(l limits, n int64) bool { return (n-l.low)%l.step == 0 }
		within := func(l limits, n int64) bool { return n >= l.low && n <= l.high }
		for n := int64(-60); n <= 260; n++ {
			allowed := n >= low && n <= high && (n-low)%step == 0
			if allowed && !(within(a, n) && within(b, n)) {
				t.Fatalf("%d is allowed: %+v", n, in)
			}
			if onGrid(a, own) && onGrid(b, own) && allowed != (within(a, n) && within(b, n) && onGrid(a, n) && onGrid(b, n)) {
				t.Fatalf("%d: allowed is %v: %+v", n, allowed, in)
			}
		}
	})
}

func TestAnExplicitFormNamesEveryProblem(t *testing.T) {
	for _, tc := range []struct {
		name     string
		bindings map[string]form.Binding
		want     []string
	}{
		{"nothing", nil, nil},
		{"not there", map[string]form.Binding{"prompt": at("9.text"), "seed": at("99.x"), "size": {}, "clip": at("6.clip")}, []string{
			`parameter_map.clip: field "clip" of node 6 takes its value from another node and cannot be set`,
			`parameter_map.prompt: node 9 (SaveImage) has no field "text" (it has filename_prefix, images)`,
			`parameter_map.seed: there is no node "99" in the graph (it has 25, 38, 47, 48, 6, 9)`,
			`parameter_map.size: names no node`,
		}},
		{"limits", map[string]form.Binding{
			"prompt": limited(at("6.text"), "1", ""),
			"seed":   limited(at("25.noise_seed"), "-1", "1.5"),
			"width":  limited(at("47.width"), "2000", "10"),
			"scale":  limited(at("47.scale"), "2", ""),
		}, []string{
			"parameter_map.prompt: min and max are for numbers, not for a fox: node 6 has it in text",
			"parameter_map.scale: the template's own value 1.5 is below min 2: node 47 has it in scale",
			"parameter_map.seed: -1 is no seed; seeds are whole numbers from 0 to 18446744073709551615",
			"parameter_map.seed: 1.5 is no seed; seeds are whole numbers from 0 to 18446744073709551615",
			"parameter_map.width: min 2000 is above max 10",
			"parameter_map.width: the template's own value 1024 is below min 2000: node 47 has it in width",
		}},
		{"ends of the range", map[string]form.Binding{"seed": limited(at("25.noise_seed"), "0", "16777215")}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := form.Explicit(parse(t, fox), tc.bindings)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInputsOfAnExplicitFormKeepTheirPlaces(t *testing.T) {
	place := func(b form.Binding, position int) form.Binding {
		b.Position = position
		return b
	}
	kept, err := form.Explicit(parse(t, fox), map[string]form.Binding{
		"scale": place(at("47.scale"), 0),
		"seed":  place(at("25.noise_seed"), 1),
		"a":     place(at("6.text"), 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, in := range kept.Inputs {
		names = append(names, in.Name)
	}
	if diff := cmp.Diff([]string{"scale", "seed", "a"}, names); diff != "" {
		t.Error(diff)
	}
}
