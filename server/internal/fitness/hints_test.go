package fitness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

func hints(t testing.TB, file string) fitness.Hints {
	t.Helper()
	parsed, err := jsontree.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	object, _ := parsed.(*jsontree.Object)
	return fitness.ReadHints(object)
}

const lacking = `{
 "1": {"class_type": "Pose", "inputs": {}, "_meta": {"title": "The pose"}},
 "2": {"class_type": "VAELoader", "inputs": {"vae_name": "new/flux2-vae.safetensors"}}
}`

const lackingHas = `{"VAELoader": {"input": {"required": {"vae_name": [["ae.safetensors", "flux_2_VAE.sft"]]}}, "output_node": true}}`

func TestWhatTheFileSays(t *testing.T) {
	const noPose = `node 1 "The pose" (Pose) is of a class that this ComfyUI does not have: `
	const noModel = `node 2 (VAELoader) needs the model file new/flux2-vae.safetensors, which is not there: `
	const similar = `, or choose flux_2_VAE.sft, which is there`
	for _, tc := range []struct {
		name, file, class, model string
		pack, folder, url        string
		bytes                    int64
	}{{
		name:   "nothing",
		file:   `{}`,
		class:  noPose + "update ComfyUI, or install the node pack that has it",
		model:  noModel + "put it into models/vae" + similar,
		folder: "vae",
	}, {
		name: "the editor's format",
		file: `{"nodes": [
			{"type": "Pose", "properties": {"cnr_id": "comfyui-pose", "aux_id": "ada/pose", "ver": "1.2"}},
			{"type": "VAELoader", "properties": {"cnr_id": "comfy-core", "models": [
				{"name": "flux2-vae.safetensors", "url": "https://models.example/flux2-vae.safetensors", "directory": "models/vae/new"}]}}]}`,
		class:  noPose + "install the node pack comfyui-pose, which has it",
		model:  noModel + "get it from https://models.example/flux2-vae.safetensors and put it into models/vae/new" + similar,
		pack:   "comfyui-pose",
		folder: "vae/new",
		url:    "https://models.example/flux2-vae.safetensors",
	}, {
		name: "a subgraph, and models of the file as a whole",
		file: `{"definitions": {"subgraphs": [null, {"nodes": [null, {"type": "Pose", "properties": {"aux_id": "ada/pose"}}]}]},
			"models": [{"name": "flux2-vae.safetensors", "size": 336000000}],
			"extra": {"models": [{"name": "flux2-vae.safetensors", "url": "http://models.example/x", "size": 1}]}}`,
		class: noPose + "install the node pack ada/pose, which has it",
		model: `node 2 (VAELoader) needs the model file new/flux2-vae.safetensors (336 MB), which is not there: ` +
			`get it from http://models.example/x and put it into models/vae` + similar,
		pack:   "ada/pose",
		folder: "vae",
		url:    "http://models.example/x",
		bytes:  336000000,
	}, {
		name:   "API format",
		file:   `{"1": {"class_type": "Pose", "_meta": {"cnr_id": "comfy-core", "ver": "0.9.2"}}}`,
		class:  noPose + "update ComfyUI (the workflow was made with 0.9.2)",
		model:  noModel + "put it into models/vae" + similar,
		folder: "vae",
	}, {
		name: "what cannot be meant",
		file: `{"nodes": [{"type": "Pose", "properties": {"cnr_id": "a\nb", "models": [
			{"name": "flux2-vae.safetensors", "url": "javascript:alert(1)", "directory": "../custom_nodes", "size": -1}]}}]}`,
		class:  noPose + "update ComfyUI, or install the node pack that has it",
		model:  noModel + "put it into models/vae" + similar,
		folder: "vae",
	}} {
		t.Run(tc.name, func(t *testing.T) {
			found := hints(t, tc.file).Complete(check(t, lacking, lackingHas))
			if len(found) != 2 {
				t.Fatalf("found %v", found)
			}
			class, model := found[0], found[1]
			if class.Text != tc.class || class.Pack != tc.pack {
				t.Errorf("class: %q of %q", class.Text, class.Pack)
			}
			if model.Text != tc.model || model.Folder != tc.folder || model.URL != tc.url || model.Bytes != tc.bytes {
				t.Errorf("model: %+v", model)
			}
		})
	}
}

// A file can hold anything: it is read all the same, and changes neither how many problems there are nor of what kind.
func TestHintsOfAnyFile(t *testing.T) {
	problems := check(t, lacking, lackingHas)
	keys := rapid.SampledFrom([]string{
		"nodes", "properties", "models", "extra", "definitions", "subgraphs", "type", "class_type", "_meta",
		"name", "url", "directory", "size", "cnr_id", "aux_id", "ver", "other",
	})
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"Pose", "flux2-vae.safetensors", "https://x.example/", "..", `a\b`}))
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaf := rapid.OneOf(texts.AsAny(), rapid.Int64().AsAny(), rapid.Just[any](nil), rapid.Bool().AsAny())
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf, rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 4).AsAny(),
			rapid.MapOfN(keys, rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 6).AsAny())
	}
	rapid.Check(t, func(r *rapid.T) {
		file, err := json.Marshal(rapid.MapOf(keys, value(4)).Draw(r, "file"))
		if err != nil {
			r.Fatal(err)
		}
		found := hints(t, string(file)).Complete(problems)
		if len(found) != len(problems) {
			r.Fatalf("%d problems", len(found))
		}
		for i, p := range found {
			if p.Kind != problems[i].Kind || p.NodeID != problems[i].NodeID || p.Text == "" ||
				strings.ContainsAny(p.Text, "\n\r") || strings.Contains(p.Folder, "..") || p.URL != "" && !strings.HasPrefix(p.URL, "http") {
				r.Fatalf("%+v of %s", p, file)
			}
		}
	})
}

// The templates say into which folder each of their models goes: so does the table.
func TestFoldersOfTheTemplates(t *testing.T) {
	folder := pairs.Folder(t)
	files, err := filepath.Glob(filepath.Join(folder, "templates*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	said, wrong := 0, map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		type node struct {
			Type   string
			Inputs []struct {
				Name   string
				Widget *struct{ Name string }
			}
			Values     json.RawMessage `json:"widgets_values"`
			Properties struct {
				Models []struct{ Name, Directory string }
			}
		}
		var workflow struct {
			Nodes       []node
			Definitions struct{ Subgraphs []struct{ Nodes []node } }
		}
		if json.Unmarshal(data, &workflow) != nil {
			continue
		}
		nodes := workflow.Nodes
		for _, s := range workflow.Definitions.Subgraphs {
			nodes = append(nodes, s.Nodes...)
		}
		for _, n := range nodes {
			var values []any
			if json.Unmarshal(n.Values, &values) != nil {
				continue
			}
			var fields []string
			for _, in := range n.Inputs {
				if in.Widget != nil {
					fields = append(fields, in.Widget.Name)
				}
			}
			if len(fields) < len(n.Properties.Models) { // not all are told by name, so their places say nothing
				continue
			}
			for _, m := range n.Properties.Models {
				at := slices.Index(values, any(m.Name))
				if at < 0 || at >= len(fields) {
					continue
				}
				said++
				if got := fitness.ModelFolder(n.Type, fields[at]); got != m.Directory {
					wrong[n.Type+"."+fields[at]+": "+got+", not "+m.Directory]++
				}
			}
		}
	}
	if said < 500 || len(wrong) > 0 {
		t.Errorf("%d models, %v", said, wrong)
	}
}
