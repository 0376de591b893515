package form_test

import (
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

// The graphs are small ones of the kinds that people bring; what is asked for is which inputs a booking would see.
func TestFormsOfGraphsThatPeopleBring(t *testing.T) {
	const known = `{
		"Words": {"input": {"required": {"value": ["STRING", {"multiline": true}]}}, "output": ["STRING"]},
		"Count": {"input": {"required": {"text": ["STRING", {"forceInput": true}]}}, "output": ["INT"]},
		"Paper": {"input": {"required": {"width": ["INT", {}]}}, "output": ["IMAGE"]},
		"Noise": {"input": {"required": {"image": ["IMAGE"], "seed": ["INT", {"min": 0, "max": 18446744073709551615,
			"control_after_generate": true}]}}, "output": ["IMAGE"]},
		"Load": {"input": {"required": {"image": [["a.png"], {"image_upload": true}]}}, "output": ["IMAGE", "MASK"]},
		"Grow": {"input": {"required": {"image": ["IMAGE"], "by": ["FLOAT", {"min": 0.1, "max": 8}]}}, "output": ["IMAGE"]},
		"Pick": {"input": {"required": {"choice": ["COMBO", {"options": []}]}}, "output": ["STRING"]},
		"Write": {"input": {"required": {"text": ["STRING", {}], "filename_prefix": ["STRING", {}]}}, "output_node": true},
		"Keep": {"input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}}, "output_node": true}}`
	for name, c := range map[string]struct{ graph, prompt, seed, shown string }{
		"an upscaler has neither prompt nor seed": {
			`{"1": {"class_type": "Load", "inputs": {"image": "a.png"}},
			  "2": {"class_type": "Grow", "inputs": {"image": ["1", 0], "by": 2}},
			  "9": {"class_type": "Keep", "inputs": {"images": ["2", 0], "filename_prefix": "up"}}}`,
			"", "", "image",
		},
		"a caption has a text and no seed": {
			`{"1": {"class_type": "Words", "inputs": {"value": "a hare"}},
			  "9": {"class_type": "Write", "inputs": {"text": ["1", 0], "filename_prefix": "caption"}}}`,
			"1.value", "", "prompt",
		},
		"ids of subgraphs are ids": {
			`{"31:1": {"class_type": "Words", "inputs": {"value": "a hare"}},
			  "31:2": {"class_type": "Count", "inputs": {"text": ["31:1", 0]}},
			  "3": {"class_type": "Paper", "inputs": {"width": ["31:2", 0]}},
			  "31:7:4": {"class_type": "Noise", "inputs": {"image": ["3", 0], "seed": 5}},
			  "31:9": {"class_type": "Keep", "inputs": {"images": ["31:7:4", 0], "filename_prefix": "x"}}}`,
			"31:1.value", "31:7:4.seed", "prompt seed",
		},
		"a name that is linked is no input": {
			`{"1": {"class_type": "Words", "inputs": {"value": "shots/take"}},
			  "2": {"class_type": "Paper", "inputs": {"width": 64}},
			  "4": {"class_type": "Noise", "inputs": {"image": ["2", 0], "seed": -1}},
			  "9": {"class_type": "Keep", "inputs": {"images": ["4", 0], "filename_prefix": ["1", 0]}}}`,
			"1.value", "4.seed", "prompt width seed",
		},
		"a list that the page fills is a choice": {
			`{"5": {"class_type": "Pick", "inputs": {"choice": "Music"}},
			  "9": {"class_type": "Write", "inputs": {"text": ["5", 0], "filename_prefix": "x"}}}`,
			"", "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := detect(t, c.graph, known, form.Author{})
			target := func(role form.Role) string {
				in := got.With(role)
				if in == nil {
					return ""
				}
				return in.Targets[0].Node + "." + in.Targets[0].Field
			}
			var shown []string
			for _, in := range got.Inputs {
				if !in.Hidden {
					shown = append(shown, in.Name)
				}
			}
			if p, s, all := target(form.Prompt), target(form.SeedRole), strings.Join(shown, " "); p != c.prompt || s != c.seed || all != c.shown {
				t.Errorf("prompt %q, seed %q, shown %q", p, s, all)
			}
		})
	}
}
