package form_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

const classes = `{
 "Loader": {"input": {"required": {"model_name": [["a.safetensors"]], "device": [["cpu", "gpu"]]}}, "output": ["MODEL", "CLIP"]},
 "Encode": {"input": {"required": {"text": ["STRING", {"multiline": true, "tooltip": "What to draw."}], "clip": ["CLIP"]}},
   "output": ["CONDITIONING"]},
 "Guide": {"input": {"required": {"conditioning": ["CONDITIONING"], "guidance": ["FLOAT", {"min": 0, "max": 10, "step": 0.1}]}},
   "output": ["CONDITIONING"]},
 "Sampler": {"input": {"required": {"seed": ["INT", {"min": 0, "max": 4294967295, "control_after_generate": true}], "steps": ["INT",
   {"min": 1, "max": 50}],
   "mode": ["COMBO", {"options": ["soft", 1.5]}], "tiled": ["BOOLEAN", {}], "positive": ["CONDITIONING"],
     "negative": ["CONDITIONING"], "latent": ["LATENT"]}},
   "output": ["LATENT"]},
 "EmptyLatent": {"input": {"required": {"width": ["INT", {"min": 16, "max": 2048, "step": 8}], "height": ["INT", {"min": 16,
   "max": 2048, "step": 8}],
   "batch_size": ["INT", {"min": 1, "max": 8}]}}, "output": ["LATENT"]},
 "Resize": {"input": {"required": {"image": ["IMAGE"], "width": ["INT", {"min": 1, "max": 99}]}}, "output": ["IMAGE"]},
 "PrimitiveInt": {"input": {"required": {"value": ["INT", {"min": -9223372036854775807, "max": 9223372036854775807}]}}, "output": ["INT"]},
 "PrimitiveString": {"input": {"required": {"value": ["STRING", {}]}}, "output": ["STRING"]},
 "Join": {"input": {"required": {"a": ["STRING", {"multiline": true}], "b": ["STRING", {"multiline": true}]}}, "output": ["STRING"]},
 "LoadImage": {"input": {"required": {"image": [["x.png"], {"image_upload": true}]}}, "output": ["IMAGE", "MASK"],
   "display_name": "Load Image"},
 "LoadSound": {"input": {"optional": {"audio": ["COMBO", {"options": [], "audio_upload": true}]}}, "output": ["AUDIO"]},
 "CustomCombo": {"input": {"required": {"choice": ["COMBO", {"options": []}]}}, "output": ["STRING", "INT"]},
 "Save": {"input": {"required": {"images": ["*"], "filename_prefix": ["STRING", {}]}, "optional": {"sound": ["AUDIO"],
   "mask": ["MASK"], "more": ["*"]}},
   "output": [], "output_node": true}
}`

const drawing = `{
 "1": {"class_type": "Loader", "inputs": {"model_name": "a.safetensors", "device": "gpu"}},
 "2": {"class_type": "PrimitiveString", "inputs": {"value": "a boat"}, "_meta": {"title": "Idea"}},
 "3": {"class_type": "Join", "inputs": {"a": "photo of ", "b": ["2", 0]}},
 "4": {"class_type": "Encode", "inputs": {"text": ["3", 0], "clip": ["1", 1]}},
 "5": {"class_type": "Guide", "inputs": {"conditioning": ["4", 0], "guidance": 3.5}},
 "6": {"class_type": "Encode", "inputs": {"text": "blurred", "clip": ["1", 1]}},
 "7": {"class_type": "PrimitiveInt", "inputs": {"value": 512}, "_meta": {"title": "Side"}},
 "8": {"class_type": "EmptyLatent", "inputs": {"width": ["7", 0], "height": 256, "batch_size": 1}},
 "9": {"class_type": "Sampler", "inputs": {"seed": -1, "steps": 20, "mode": "soft", "tiled": true, "positive": ["5", 0],
   "negative": ["6", 0], "latent": ["8", 0]}},
 "10": {"class_type": "LoadImage", "inputs": {"image": "x.png"}, "_meta": {"title": "Load Image"}},
 "11": {"class_type": "LoadImage", "inputs": {"image": "gone.png"}, "_meta": {"title": "Where to paint"}},
 "12": {"class_type": "LoadSound", "inputs": {"audio": "a.mp3"}},
 "13": {"class_type": "CustomCombo", "inputs": {"choice": "b", "index": 1, "option1": "a", "option2": "b", "option3": ""}},
 "14": {"class_type": "Save", "inputs": {"images": ["9", 0], "filename_prefix": "x", "sound": ["12", 0], "mask": ["11", 1],
   "more": ["13", 0]}},
 "15": {"class_type": "Save", "inputs": {"images": ["10", 0], "filename_prefix": "y"}},
 "16": {"class_type": "Save", "inputs": {"images": ["17", 0], "filename_prefix": "z", "mask": ["10", 1]}},
 "17": {"class_type": "Resize", "inputs": {"image": ["10", 0], "width": 50}},
 "18": {"class_type": "Encode", "inputs": {"text": "nobody needs it", "clip": ["1", 1]}}
}`

func TestDetect(t *testing.T) {
	author := form.Author{
		Shown: []editor.Shown{
			{Node: "13", Name: "choice", Label: "what kind", Targets: []editor.Target{{Node: "13", Field: "choice"}}},
			{Node: "9", Name: "mode", Targets: []editor.Target{{Node: "9", Field: "mode"}}},
		},
	}
	got := detect(t, drawing, classes, author)
	type brief struct {
		Name, Label string
		Kind        form.Kind
		Role        form.Role
		Range       string
		Default     any
		Targets     int
	}
	var shown, hidden []brief
	for _, in := range got.Inputs {
		b := brief{in.Name, in.Label, in.Kind, in.Role, "", in.Default, len(in.Targets)}
		if in.Example != "" {
			b.Default = "such as " + in.Example
		}
		switch {
		case in.Min != "" || in.Max != "":
			b.Range = string(in.Min + ".." + in.Max + " by " + in.Step)
		case in.Kind == form.File:
			b.Range = string(in.File)
			if in.WithMask {
				b.Range += " with mask"
			}
			if in.Optional {
				b.Range += " if wanted"
			}
		case in.Kind == form.Choice:
			b.Range = strings.Join(in.Choices, "|")
		case in.Multiline:
			b.Range = "multiline"
		}
		if in.Hidden {
			hidden = append(hidden, b)
		} else {
			shown = append(shown, b)
		}
	}
	n := func(s string) json.Number { return json.Number(s) }
	want := []brief{
		{"prompt", "Prompt", form.Text, form.Prompt, "multiline", "such as a boat", 1},
		{"image", "Image", form.File, "", "image with mask", "x.png", 1},
		{"where_to_paint", "Where to paint", form.File, "", "mask", "gone.png", 1},
		{"audio", "Audio", form.File, "", "audio if wanted", "a.mp3", 1},
		{"negative_prompt", "Negative prompt", form.Text, form.NegativePrompt, "multiline", "blurred", 1},
		{"what_kind", "What kind", form.Choice, "", "a|b", "b", 2},
		{"mode", "Mode", form.Choice, "", "soft|1.5", "soft", 1},
		{"width", "Width", form.Integer, form.Width, "16..2048 by 8", n("512"), 1},
		{"height", "Height", form.Integer, form.Height, "16..2048 by 8", n("256"), 1},
		{"steps", "Steps", form.Integer, form.Steps, "1..50 by ", n("20"), 1},
		{"guidance", "Guidance", form.Number, form.Guidance, "0..10 by 0.1", n("3.5"), 1},
		{"batch", "Batch size", form.Integer, form.Batch, "1..8 by ", n("1"), 1},
		{"seed", "Seed", form.Seed, form.SeedRole, "0..4294967295 by ", nil, 1},
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	names := map[string]bool{}
	for _, b := range hidden {
		names[b.Name] = true
	}
	if diff := cmp.Diff(map[string]bool{
		"model_name":        true,
		"device":            true,
		"a":                 true,
		"tiled":             true,
		"filename_prefix":   true,
		"filename_prefix_2": true,
		"filename_prefix_3": true,
		"width_2":           true,
	}, names); diff != "" {
		t.Error("hidden:", diff)
	}
	if kind := got.Inputs[5].Targets[1]; kind != (form.Target{Node: "13", Field: "index", Position: true}) {
		t.Errorf("the place of the choice goes along: %+v", kind)
	}
}

func TestTheAuthorsChoiceForAppModeComesFirst(t *testing.T) {
	author := form.Author{
		App: []editor.Shown{
			{Node: "8", Name: "height", Help: "How tall.", Targets: []editor.Target{{Node: "8", Field: "height"}}},
			{Node: "3", Name: "a", Label: "Style", Targets: []editor.Target{{Node: "3", Field: "a"}, {Node: "6", Field: "text"}}},
		},
	}
	got := detect(t, drawing, classes, author)
	first, second := got.Inputs[0], got.Inputs[1]
	if first.Role != form.Height || first.Help != "How tall." {
		t.Errorf("%+v", first)
	}
	if second.Label != "Style" || len(second.Targets) != 2 || second.Role != form.Prompt {
		t.Errorf("one value for two fields, and what the author shows is the prompt: %+v", second)
	}
}

func TestWithoutClassesNamesAndValuesDecide(t *testing.T) {
	got := detect(t, drawing, "", form.Author{})
	if in := got.With(form.SeedRole); in == nil || in.Kind != form.Seed || in.Targets[0].Node != "9" {
		t.Errorf("seed: %+v", in)
	}
	if in := got.With(form.Prompt); in == nil || in.Kind != form.Text {
		t.Errorf("prompt: %+v", in)
	}
}

func TestATextOnBothSidesIsNotTheNegativePrompt(t *testing.T) {
	both := `{
		"1": {"class_type": "Encode", "inputs": {"text": "how it moves"}},
		"2": {"class_type": "Sampler", "inputs": {"positive": ["1", 0], "negative": ["1", 0]}},
		"3": {"class_type": "Save", "inputs": {"images": ["2", 0]}}}`
	got := detect(t, both, classes, form.Author{})
	if prompt := got.With(form.Prompt); prompt == nil || got.With(form.NegativePrompt) != nil {
		t.Errorf("%+v", got.Inputs)
	}
}

func TestChoicesThatAreNumbers(t *testing.T) {
	got := detect(t, `{"1":{"class_type":"Scale","inputs":{"by":1}}}`,
		`{"Scale":{"input":{"required":{"by":[[0.5,1.0,2.0]]}},"output":[],"output_node":true}}`, form.Author{})
	in := got.Inputs[0]
	if diff := cmp.Diff([]string{"0.5", "1", "2"}, in.Choices); diff != "" || in.Default != "1" || len(in.Values) != 3 {
		t.Errorf("%s%+v", diff, in)
	}
}

// TestCases reads the small inputs from public reports.
func TestCases(t *testing.T) {
	info, err := os.ReadFile(filepath.Join(pairs.Folder(t), "object_info.json"))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]map[form.Role]string{
		"base":                       {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"bare_nan":                   {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"byte_order_mark":            {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"envelope_prompt":            {form.SeedRole: "3.seed"},
		"envelope_input_workflow":    {form.SeedRole: "3.seed"},
		"envelope_with_client_id":    {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"no_prompt_no_seed":          {},
		"text_no_seed":               {form.Prompt: "1.value"},
		"seed_limit_32_bit":          {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"seed_minus_one":             {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"choices_filled_by_the_page": {form.SeedRole: "3.seed"},
		"choices_are_numbers":        {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"subgraph_ids":               {form.Prompt: "57:1.value", form.SeedRole: "57:60:4.seed"},
		"title_is_a_number":          {form.Prompt: "1.value", form.SeedRole: "4.seed"},
		"comment_beside_nodes":       {form.Prompt: "1.value", form.SeedRole: "4.seed"},
	} {
		data, err := os.ReadFile(filepath.Join(pairs.Cases(t), file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		got := detect(t, string(data), string(info), form.Author{})
		for _, role := range []form.Role{form.Prompt, form.SeedRole} {
			field := ""
			if in := got.With(role); in != nil {
				field = in.Targets[0].Node + "." + in.Targets[0].Field
			}
			if field != want[role] {
				t.Errorf("%s: the %s is %q, want %q", file, role, field, want[role])
			}
		}
	}
}

func detect(t *testing.T, graph, classes string, author form.Author) *form.Form {
	t.Helper()
	file, err := graphfile.Read(strings.NewReader(graph))
	if err != nil {
		t.Fatal(err)
	}
	var info *objectinfo.Info
	if classes != "" {
		if info, err = objectinfo.Parse([]byte(classes)); err != nil {
			t.Fatal(err)
		}
	}
	found := form.Detect(file.API, info, author)
	check(t, "form", file.API, found)
	return found
}

// FuzzDetect asks that every graph has a form whose inputs set what is there.
func FuzzDetect(f *testing.F) {
	f.Add([]byte(drawing))
	info, err := objectinfo.Parse([]byte(classes))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := graphfile.Read(bytes.NewReader(data))
		if err != nil || file.API == nil {
			return
		}
		check(t, "fuzz", file.API, form.Detect(file.API, info, form.Author{}))
		check(t, "fuzz without classes", file.API, form.Detect(file.API, nil, form.Author{}))
	})
}
