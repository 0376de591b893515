package editor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

func TestRefusals(t *testing.T) {
	info := readInfo(t, "testdata/object_info.json")
	sub := func(id, nodes string) string {
		return `{"id":"` + id + `","name":"` + strings.ToUpper(id) + `","inputs":[],"outputs":[],"links":[],"nodes":[` + nodes + `]}`
	}
	var tower []string
	for i := range 100 {
		tower = append(tower, sub(fmt.Sprint("s", i), fmt.Sprintf(`{"id":%d,"type":"s%d"}`, i+100, i+1)))
	}
	var bush []string
	for i := range 40 {
		bush = append(bush, sub(fmt.Sprint("s", i), fmt.Sprintf(`{"id":%d,"type":"s%d"},{"id":%d,"type":"s%d"}`, i*2+100, i+1, i*2+101, i+1)))
	}
	for name, c := range map[string]struct{ file, want string }{
		"missing classes": {
			`{"nodes":[{"id":1,"type":"Sharpen","title":"Crisp","properties":{"cnr_id":"sharp-pack"}},` +
				`{"id":2,"type":"Newest","properties":{"cnr_id":"comfy-core"}},{"id":3,"type":"Odd"}],"links":[]}`,
			`node 1 "Crisp" (Sharpen): ComfyUI has no class "Sharpen"; install the pack of custom nodes sharp-pack, or mute the node in the workflow
node 2 (Newest): ComfyUI has no class "Newest"; it belongs to ComfyUI itself: update ComfyUI
node 3 (Odd): ComfyUI has no class "Odd"; install the pack of custom nodes that has it, update ComfyUI, or mute the node in the workflow`,
		},
		"missing inside": {
			`{"nodes":[{"id":1,"type":"s"}],"links":[],"definitions":{"subgraphs":[` + sub("s", `{"id":5,"type":"Odd"}`) + `]}}`,
			`node 1:5 (Odd): ComfyUI has no class "Odd"; install`,
		},
		"link missing": {
			`{"nodes":[{"id":1,"type":"SaveImage","inputs":[{"name":"images","type":"IMAGE","link":7}]}],"links":[]}`,
			`node 1 (SaveImage): input "images" is connected by a link that is not in the file; open`,
		},
		"origin missing": {
			`{"nodes":[{"id":1,"type":"SaveImage","inputs":[{"name":"images","type":"IMAGE","link":7}]}],"links":[[7,9,0,1,0,"IMAGE"]]}`,
			`node 1 (SaveImage): input "images" is connected to node 9, which is not in the file; open`,
		},
		"circle": {
			`{"nodes":[{"id":1,"type":"ImageInvert","mode":4,"inputs":[{"name":"image","type":"IMAGE","link":1}],` +
				`"outputs":[{"name":"I","type":"IMAGE"}]},` +
				`{"id":2,"type":"SaveImage","inputs":[{"name":"images","type":"IMAGE","link":2}]}],"links":[[1,1,0,1,0,"IMAGE"],[2,1,0,2,0,"IMAGE"]]}`,
			`node 1 (ImageInvert): bypassed nodes are linked in a circle; open`,
		},
		"itself": {
			`{"nodes":[{"id":1,"type":"a"}],"links":[],"definitions":{"subgraphs":[` + sub("a", `{"id":5,"type":"b"}`) + `,` +
				sub("b", `{"id":6,"type":"a"}`) + `]}}`,
			`the subgraph "A" contains itself; open`,
		},
		"deep": {
			`{"nodes":[{"id":1,"type":"s0"}],"links":[],"definitions":{"subgraphs":[` + strings.Join(tower, ",") + `]}}`,
			`subgraphs lie more than 64 deep in each other; bring`,
		},
		"bushy": {
			`{"nodes":[{"id":1,"type":"s0"}],"links":[],"definitions":{"subgraphs":[` + strings.Join(bush, ",") + `]}}`,
			`the graph has 10001 nodes, and at most 10000 are taken; bring`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := convert([]byte(c.file), editor.Options{Info: info})
			if _, ok := errors.AsType[graph.Problems](err); !ok || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
		})
	}
}

// TestWidgetsAreThoseOfThePage gives a fresh node of every class values by position and asks that each is exported under
// the name that the page has for it.
func TestWidgetsAreThoseOfThePage(t *testing.T) {
	folder := pairs.Folder(t)
	info := readInfo(t, filepath.Join(folder, "object_info.json"))
	var layout map[string]struct {
		Virtual bool
		Widgets []struct {
			Name, Type       string
			Workflow, Prompt bool
			Value            any
		}
	}
	readJSON(t, filepath.Join(folder, "layout.json"), &layout)
	for class, page := range layout {
		if page.Virtual || info.Class(class) == nil {
			continue
		}
		fresh, given := map[string]any{}, map[string]any{}
		var values []any
		for i, w := range page.Widgets {
			value := w.Value
			if w.Type == "number" || w.Type == "slider" || w.Type == "text" || w.Type == "customtext" {
				value = float64(i) + 0.5
			}
			if w.Workflow {
				values = append(values, value)
			}
			if !w.Prompt {
				continue
			}
			if w.Value != "__undefined__" {
				fresh[w.Name], given[w.Name] = listed(w.Value), listed(value)
			}
		}
		if diff := cmp.Diff(fresh, exported(t, info, class, nil)); diff != "" {
			t.Errorf("%s as it is added: %s", class, diff)
		}
		if slices.Contains(values, any("__undefined__")) || class == "CustomCombo" {
			continue
		}
		if diff := cmp.Diff(given, exported(t, info, class, values)); diff != "" {
			t.Errorf("%s with values: %s", class, diff)
		}
	}
}

func listed(value any) any {
	if list, ok := value.([]any); ok {
		return map[string]any{"__value__": list}
	}
	return value
}

// exported are the inputs of a lone node.
func exported(t *testing.T, info *objectinfo.Info, class string, values []any) map[string]any {
	t.Helper()
	node := map[string]any{"id": 1, "type": class}
	if values != nil {
		node["widgets_values"] = values
	}
	data, err := json.Marshal(map[string]any{"nodes": []any{node}, "links": []any{}})
	if err != nil {
		t.Fatal(err)
	}
	converted, err := convert(data, editor.Options{Info: info})
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(converted.Graph)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]struct{ Inputs map[string]any }
	if err := json.Unmarshal(written, &out); err != nil {
		t.Fatal(err)
	}
	return out["1"].Inputs
}

// FuzzConvert asks that whatever is in a file, the outcome is words or a graph whose nodes have classes and whose links
// lead to its nodes, and that it is the same when it is done again.
func FuzzConvert(f *testing.F) {
	files, err := filepath.Glob("testdata/golden/*.workflow.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	options := editor.Options{Info: readInfo(f, "testdata/object_info.json"), SetGet: true}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := graphfile.Read(bytes.NewReader(data))
		if err != nil || file.Editor == nil {
			return
		}
		first, err := editor.Convert(file.Editor, options)
		if err != nil {
			if _, ok := errors.AsType[graph.Problems](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for _, n := range first.Graph.Nodes {
			if n.ID == "" && n.Class == "" {
				t.Fatal("a node without class")
			}
			for _, in := range n.Inputs {
				if link, ok := in.Value.(graph.Link); ok && first.Graph.Node(link.Node) == nil {
					t.Fatalf("node %s: input %s leads to %s, which is not there", n.ID, in.Name, link.Node)
				}
			}
		}
		for _, shown := range first.Shown {
			for _, target := range shown.Targets {
				if first.Graph.Node(target.Node) == nil {
					t.Fatalf("%s shows node %s, which is not there", shown.Name, target.Node)
				}
			}
		}
		second, err := editor.Convert(file.Editor, options)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(first.Graph)
		b, _ := json.Marshal(second.Graph)
		if !bytes.Equal(a, b) {
			t.Fatalf("done again it is another graph:\n%s\n%s", a, b)
		}
	})
}

// BenchmarkConvert reads the answer to /object_info of a real ComfyUI and converts a workflow of about 300 nodes.
func BenchmarkConvert(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(pairs.Folder(b), "object_info.json"))
	if err != nil {
		b.Fatal(err)
	}
	workflow := chain(300)
	for b.Loop() {
		info, err := objectinfo.Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := convert(workflow, editor.Options{Info: info}); err != nil {
			b.Fatal(err)
		}
	}
}

// chain is a workflow with samplers behind each other.
func chain(nodes int) []byte {
	var all, links []string
	for i := 1; i <= nodes; i++ {
		link := "null"
		if i > 1 {
			link = fmt.Sprint(i)
			links = append(links, fmt.Sprintf(`[%d,%d,0,%d,3,"LATENT"]`, i, i-1, i))
		}
		all = append(all, fmt.Sprintf(`{"id":%d,"type":"KSampler","mode":0,"inputs":[{"name":"latent_image","type":"LATENT","link":%s}],`+
			`"outputs":[{"name":"LATENT","type":"LATENT"}],"widgets_values":[%d,"fixed",20,8,"euler","simple",1]}`, i, link, i))
	}
	return []byte(`{"nodes":[` + strings.Join(all, ",") + `],"links":[` + strings.Join(links, ",") + `]}`)
}
