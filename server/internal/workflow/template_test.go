package workflow_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const graph = `{
  "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["38", 0], "text": "a fox"}, "_meta": {"title": "Positive"}},
  "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 18446744073709551615}},
  "38": {"class_type": "CLIPLoader", "inputs": {"clip_name": "qwen.safetensors"}},
  "47": {"class_type": "EmptyLatent", "inputs": {"width": 1024, "scale": 1.5, "tiled": false}},
  "48": {"class_type": "Schedule", "inputs": {"width": 1024, "latent": ["47", 0]}},
  "9": {"class_type": "SaveImage", "inputs": {"images": ["48", 0], "filename_prefix": "art\\fox"}}
}`

func at(targets ...string) workflow.Binding {
	var b workflow.Binding
	for _, target := range targets {
		node, field, _ := strings.Cut(target, ".")
		b.Targets = append(b.Targets, workflow.Target{NodeID: node, Field: field})
	}
	return b
}

func bindings() map[string]workflow.Binding {
	return map[string]workflow.Binding{
		"prompt": at("6.text"),
		"seed":   at("25.noise_seed"),
		"width":  at("47.width", "48.width"),
		"scale":  at("47.scale"),
		"tiled":  at("47.tiled"),
	}
}

func limited(b workflow.Binding, low, high json.Number) workflow.Binding {
	if low != "" {
		b.Min = &low
	}
	if high != "" {
		b.Max = &high
	}
	return b
}

func parse(t *testing.T) *workflow.Template {
	t.Helper()
	template, err := workflow.Parse("fox", "Fox", []byte(graph), bindings())
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func TestFillSetsEveryTargetAndKeepsSeedsExact(t *testing.T) {
	filled := parse(t).Fill(workflow.Inputs{
		Prompt: `a "quoted" cat`,
		Seed:   18446744073709551614,
		Name:   "job-1",
		Parameters: workflow.Values{
			"width":   workflow.Integer(512),
			"scale":   workflow.Number(2),
			"tiled":   workflow.Boolean(true),
			"unknown": workflow.Integer(1),
		},
	})
	var got map[string]struct{ Inputs map[string]json.RawMessage }
	if err := json.Unmarshal(filled, &got); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"6.text":            `"a \"quoted\" cat"`,
		"25.noise_seed":     "18446744073709551614",
		"47.width":          "512",
		"48.width":          "512",
		"47.scale":          "2",
		"47.tiled":          "true",
		"48.latent":         `["47",0]`,
		"9.filename_prefix": `"art/fox/job-1"`,
	} {
		node, name, _ := strings.Cut(field, ".")
		if string(got[node].Inputs[name]) != want {
			t.Errorf("%s = %s, want %s", field, got[node].Inputs[name], want)
		}
	}
}

func TestParseNamesEveryProblem(t *testing.T) {
	for _, tc := range []struct {
		name, graph string
		bindings    map[string]workflow.Binding
		want        []string
	}{
		{"no JSON", `{`, bindings(), []string{"not a ComfyUI graph"}},
		{"editor format", `{"nodes": [], "links": [], "version": 0.4}`, bindings(), []string{`Export (API)`}},
		{"empty", `{}`, map[string]workflow.Binding{}, []string{"no nodes", "parameter_map.prompt: missing", "parameter_map.seed: missing"}},
		{"bad nodes", `{"1": {"inputs": {"a": ["2", 0]}}, "3": {"class_type": "X"}}`, map[string]workflow.Binding{
			"prompt": at("1.a"),
			"seed":   at("9.x"),
		}, []string{
			"node 1 has no class_type", "linked to node 2, which does not exist", "node 3 has no inputs object",
			"takes its value from another node", `no node "9" in the graph (it has 1, 3)`,
		}},
		{"limits", graph, map[string]workflow.Binding{
			"prompt": limited(at("6.text"), "1", ""),
			"seed":   limited(at("25.noise_seed"), "-1", "1.5"),
			"width":  limited(at("47.width"), "20", "10"),
			"scale":  limited(at("47.scale"), "2", ""),
		}, []string{
			"parameter_map.prompt: min and max are for numbers, not for a fox", "parameter_map.seed: -1 is no seed",
			"parameter_map.seed: 1.5 is no seed",
			"parameter_map.width: min 20 is above max 10",
			"parameter_map.scale: the template's own value 1.5 is below min 2: node 47 has it in scale",
		}},
		{"no such field", graph, map[string]workflow.Binding{
			"prompt": at("6.txt"),
			"seed":   at("25.noise_seed"),
		}, []string{`node 6 (CLIPTextEncode) has no field "txt" (it has clip, text)`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := workflow.Parse("id", "Title", []byte(tc.graph), tc.bindings)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestValuesKeepTheirKindsAsJSON(t *testing.T) {
	values := workflow.Values{
		"i": workflow.Integer(-9007199254740993),
		"n": workflow.Number(1),
		"t": workflow.Text("1"),
		"b": workflow.Boolean(false),
	}
	data, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	var got workflow.Values
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values, got); diff != "" {
		t.Error(diff)
	}
}

// The shipped templates are checked as users' own are.
func TestShippedTemplatesParse(t *testing.T) {
	raw, err := os.ReadFile("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := workflow.Parse("flux_klein", "FLUX.2 klein", raw, map[string]workflow.Binding{
		"prompt": at("6.text"),
		"seed":   at("25.noise_seed"),
		"width":  at("47.width", "48.width"),
		"height": at("47.height", "48.height"),
		"steps":  at("48.steps"),
	}); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(graph))
	f.Add([]byte(`{"1": {"class_type": "A", "inputs": {"text": "x", "noise_seed": 1e400}}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		template, err := workflow.Parse("f", "F", data, map[string]workflow.Binding{"prompt": at("1.text"), "seed": at("1.noise_seed")})
		if err != nil {
			return
		}
		template.Describe(nil)
		if filled := template.Fill(workflow.Inputs{Prompt: "p", Seed: 1, Name: "n"}); !json.Valid(filled) {
			t.Errorf("Fill made %q", filled)
		}
	})
}
