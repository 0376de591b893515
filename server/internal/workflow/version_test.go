package workflow_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

const fox = `{
  "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["38", 0], "text": "a fox"}, "_meta": {"title": "Positive"}},
  "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 18446744073709551615}},
  "38": {"class_type": "CLIPLoader", "inputs": {"clip_name": "qwen.safetensors"}},
  "47": {"class_type": "EmptyLatent", "inputs": {"width": 1024, "scale": 1.50, "tiled": false}},
  "48": {"class_type": "Schedule", "inputs": {"width": 1024, "latent": ["47", 0]}},
  "9": {"class_type": "SaveImage", "inputs": {"images": ["48", 0], "filename_prefix": "art\\fox"}}
}`

// version makes one of a graph and an explicit form: "name: node.field node.field" each.
func version(t *testing.T, graph string, inputs ...string) *workflow.Version {
	t.Helper()
	file, err := workflowfile.Open(strings.NewReader(graph), editor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bindings := map[string]form.Binding{}
	for i, input := range inputs {
		name, targets, _ := strings.Cut(input, ": ")
		b := form.Binding{Position: i}
		for _, target := range strings.Fields(targets) {
			node, field, _ := strings.Cut(target, ".")
			b.Targets = append(b.Targets, form.Target{Node: node, Field: field})
		}
		bindings[name] = b
	}
	kept, err := form.Explicit(file.Graph, bindings)
	if err != nil {
		t.Fatal(err)
	}
	return workflow.New("fox", "Fox", file, kept, "")
}

func foxVersion(t *testing.T) *workflow.Version {
	t.Helper()
	return version(t, fox, "prompt: 6.text", "seed: 25.noise_seed", "width: 47.width 48.width", "scale: 47.scale", "tiled: 47.tiled")
}

// classes reads node classes: "Class: field spec, field spec", each with its spec as JSON.
func classes(t *testing.T, text string) *objectinfo.Info {
	t.Helper()
	info, err := objectinfo.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// posted returns the fields of a filled graph as JSON, by "node.field".
func posted(t *testing.T, filled json.RawMessage) map[string]string {
	t.Helper()
	var nodes map[string]struct{ Inputs map[string]json.RawMessage }
	if err := json.Unmarshal(filled, &nodes); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for id, n := range nodes {
		for field, value := range n.Inputs {
			got[id+"."+field] = string(value)
		}
	}
	return got
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestFillSetsEveryTargetAndKeepsNumbersExact(t *testing.T) {
	v := foxVersion(t)
	got := posted(t, v.On(nil).Fill(workflow.Values{
		"prompt":  workflow.Text(`a "quoted" cat`),
		"seed":    workflow.Seed(18446744073709551614),
		"width":   workflow.Integer(512),
		"tiled":   workflow.Boolean(true),
		"unknown": workflow.Integer(1),
	}, "job-1", noon, nil))
	if diff := cmp.Diff(map[string]string{
		"6.clip":            `["38",0]`,
		"6.text":            `"a \"quoted\" cat"`,
		"25.noise_seed":     "18446744073709551614",
		"38.clip_name":      `"qwen.safetensors"`,
		"47.width":          "512",
		"47.scale":          "1.50", // as it was written
		"47.tiled":          "true",
		"48.width":          "512",
		"48.latent":         `["47",0]`,
		"9.images":          `["48",0]`,
		"9.filename_prefix": `"art/fox/job-1"`,
	}, got); diff != "" {
		t.Error(diff)
	}
	own := posted(t, v.On(nil).Fill(nil, "job-2", noon, nil))
	if own["6.text"] != `"a fox"` || own["25.noise_seed"] != "18446744073709551615" {
		t.Errorf("a run without values changes %v", own)
	}
	writers := v.Writers("job-1")
	if diff := cmp.Diff([]workflow.Writer{{NodeID: "9", Class: "SaveImage", Prefix: "art/fox/job-1"}}, writers); diff != "" {
		t.Error(diff)
	}
}

func TestFillKeepsWhatTheGraphHas(t *testing.T) {
	v := version(t, `{"1": {"class_type": "X", "inputs": {"bits": 8, "on": true, "name": "8", "mode": "soft"}}}`,
		"bits: 1.bits", "on: 1.on", "name: 1.name", "mode: 1.mode")
	values := workflow.Values{
		"bits": workflow.Text("16"),
		"on":   workflow.Text("false"),
		"name": workflow.Text("16"),
		"mode": workflow.Text("1.5"),
	}
	want := map[string]string{"1.bits": "16", "1.on": "false", "1.name": `"16"`, "1.mode": `"1.5"`}
	if diff := cmp.Diff(want, posted(t, v.On(nil).Fill(values, "n", noon, nil))); diff != "" {
		t.Error(diff)
	}
	// What ComfyUI offers says what a choice stands for.
	want["1.mode"] = "1.5"
	info := classes(t, `{"X": {"input": {"required": {"mode": [["soft", 1.5]]}}}}`)
	if diff := cmp.Diff(want, posted(t, v.On(info).Fill(values, "n", noon, nil))); diff != "" {
		t.Error(diff)
	}
}

// What the page would fill in when it posts is filled in, also in a graph that was written by hand.
func TestFileNamesWithTokens(t *testing.T) {
	v := version(t, `{"1": {"class_type": "SaveImage", "inputs": {"filename_prefix": "%date:yyyy%/x"}}}`)
	got := posted(t, v.On(nil).Fill(nil, "n", noon, nil))
	if got["1.filename_prefix"] != `"2026/x/n"` {
		t.Errorf("posted %v", got)
	}
	if writers := v.Writers("n"); writers[0].Prefix != "%date:yyyy%/x/n" {
		t.Errorf("writers: %v", writers)
	}
}

const painting = `{
  "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
  "2": {"class_type": "Scale", "inputs": {"image": ["1", 0]}},
  "3": {"class_type": "Sampler", "inputs": {"start": ["2", 0], "steps": 4}},
  "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
  "5": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}}
}`

const paintingClasses = `{
  "LoadImage": {"input": {"required": {"image": [["x.png"], {"image_upload": true}]}}},
  "Scale": {"input": {"required": {"image": ["IMAGE"]}}},
  "Sampler": {"input": {"required": {"steps": ["INT"]}, "optional": {"start": ["IMAGE"]}}},
  "SaveImage": {"input": {"required": {"images": ["IMAGE"]}}, "output_node": true}
}`

func TestAnEmptyPictureTakesItsBranchOut(t *testing.T) {
	v := version(t, painting, "image: 1.image")
	v.Form.Inputs[0].Optional = true
	o := v.On(classes(t, paintingClasses))
	if err := o.Validate(workflow.Values{"image": workflow.File{}}); err != nil {
		t.Error(err)
	}
	got := posted(t, o.Fill(workflow.Values{"image": workflow.File{}}, "n", noon, nil))
	if diff := cmp.Diff(map[string]string{"3.steps": "4", "4.images": `["3",0]`}, got); diff != "" {
		t.Error(diff)
	}
	got = posted(t, o.Fill(workflow.Values{"image": workflow.File{Input: "pets/cat.png"}}, "n", noon, nil))
	if got["1.image"] != `"pets/cat.png"` || len(got) != 6 {
		t.Errorf("posted %v", got)
	}
}

func TestCompleteValues(t *testing.T) {
	o := foxVersion(t).On(nil)
	var asked []uint64
	random := func(n uint64) uint64 {
		asked = append(asked, n)
		return 7
	}
	got := o.Complete(workflow.Values{"prompt": workflow.Text("a cat"), "width": workflow.Integer(512)}, random)
	if diff := cmp.Diff(workflow.Values{
		"prompt": workflow.Text("a cat"),
		"seed":   workflow.Seed(7),
		"width":  workflow.Integer(512),
		"scale":  workflow.Number(1.5),
		"tiled":  workflow.Boolean(false),
	}, got); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(asked, []uint64{0}) {
		t.Errorf("all seeds are possible, asked for one below %v", asked)
	}
	asked = nil
	o = foxVersion(t).On(classes(t, `{"RandomNoise": {"input": {"required": {"noise_seed": ["INT", {"min": 5, "max": 9}]}}}}`))
	if got := o.Complete(nil, random); got["seed"] != workflow.Seed(12) || !slices.Equal(asked, []uint64{5}) {
		t.Errorf("seed %v, asked for one below %v", got["seed"], asked)
	}
}

// A version that is written down and read again is the same in everything that matters.
func TestVersionsAreWrittenDown(t *testing.T) {
	v := foxVersion(t)
	limit := json.Number("18446744073709551614")
	v.Form.Inputs[1].Max = limit
	v.Form.Inputs[2].Default = json.Number("640")
	again, err := workflow.Decode(v.ID, v.Title, v.Hash, v.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, again, cmp.Comparer(func(a, b *graph.Graph) bool {
		return cmp.Equal(a.Nodes, b.Nodes)
	})); diff != "" {
		t.Error(diff)
	}
	if again.GraphHash() != v.GraphHash() {
		t.Error("the graph's own hash has changed")
	}
}

// Another graph or another form is another version; another order in the form too, as people see it.
func TestWhatMakesAVersion(t *testing.T) {
	v := version(t, fox, "prompt: 6.text", "seed: 25.noise_seed")
	hashes := map[string]string{v.Hash: "first"}
	for name, other := range map[string]*workflow.Version{
		"order": version(t, fox, "seed: 25.noise_seed", "prompt: 6.text"),
		"form":  version(t, fox, "prompt: 6.text"),
		"graph": version(t, strings.ReplaceAll(fox, "1024", "512"), "prompt: 6.text", "seed: 25.noise_seed"),
	} {
		if was := hashes[other.Hash]; was != "" {
			t.Errorf("%s has the version of %s", name, was)
		}
		hashes[other.Hash] = name
		if name != "graph" && other.GraphHash() != v.GraphHash() {
			t.Errorf("%s has another graph", name)
		}
	}
	if same := version(t, fox, "prompt: 6.text", "seed: 25.noise_seed"); same.Hash != v.Hash {
		t.Error("the same file is another version")
	}
}

func TestValuesKeepTheirKindsAsJSON(t *testing.T) {
	values := workflow.Values{
		"i": workflow.Integer(-9007199254740993),
		"n": workflow.Number(1),
		"t": workflow.Text("1"),
		"b": workflow.Boolean(false),
		"s": workflow.Seed(18446744073709551615),
		"f": workflow.File{Input: "pets/cat.png"},
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
	if _, is := got.Seed(); is || got.Prompt() != "" {
		t.Error("there is neither seed nor prompt")
	}
}

// The shipped workflow is checked as users' own are.
func TestTheShippedWorkflow(t *testing.T) {
	raw, err := os.ReadFile("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	v := version(t, string(raw), "prompt: 6.text", "seed: 25.noise_seed", "width: 47.width 48.width", "height: 47.height 48.height",
		"steps: 48.steps")
	names := slices.Sorted(maps.Keys(v.On(nil).Complete(workflow.Values{}, func(uint64) uint64 { return 0 })))
	if !slices.Equal(names, []string{"height", "seed", "steps", "width"}) {
		t.Errorf("it sets %v", names)
	}
}

func FuzzVersion(f *testing.F) {
	f.Add([]byte(fox))
	f.Add([]byte(`{"1": {"class_type": "A", "inputs": {"text": "x", "noise_seed": 1e400}}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := workflowfile.Open(strings.NewReader(string(data)), editor.Options{})
		if err != nil {
			return
		}
		v := workflow.New("f", "F", file, form.Find(file.Graph, nil, file.Author), "")
		o := v.On(nil)
		values := o.Complete(workflow.Values{"prompt": workflow.Text("p")}, func(uint64) uint64 { return 1 })
		if filled := o.Fill(values, "n", noon, nil); !json.Valid(filled) {
			t.Errorf("Fill made %q", filled)
		}
		if again, err := workflow.Decode(v.ID, v.Title, v.Hash, v.Encode()); err != nil || again.GraphHash() != v.GraphHash() {
			t.Errorf("read again: %v", err)
		}
	})
}
