package fresh_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fresh"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

const classes = `{
 "Text": {"input": {"required": {"value": ["STRING", {"multiline": true}]}}},
 "Name": {"input": {"required": {"value": ["STRING", {}]}}},
 "Load": {"input": {"required": {"image": [["a.png"], {"image_upload": true}]}}},
 "Empty": {"input": {"required": {"width": ["INT", {"min": 16, "max": 4096}]}}},
 "Scale": {"input": {"required": {"image": ["IMAGE"], "width": ["INT", {"max": 4096}]}}},
 "Blur": {"input": {"required": {"image": ["IMAGE"], "sigma": ["FLOAT", {"min": 0.1, "max": 10.0, "step": 0.1}]}}},
 "Noise": {"input": {"required": {"image": ["IMAGE"],
  "seed": ["INT", {"min": 0, "max": 18446744073709551615, "control_after_generate": true}], "strength": ["FLOAT", {"max": 1.0}]}}},
 "Sample": {"input": {"required": {"text": ["STRING", {"forceInput": true}], "latent": ["LATENT"], "cfg": ["FLOAT", {"max": 8.0}]}}},
 "Save": {"input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}}, "output_node": true},
 "PreviewAny": {"input": {"required": {"source": ["*"]}}, "output_node": true}
}`

func info(t testing.TB) *objectinfo.Info {
	t.Helper()
	i, err := objectinfo.Parse([]byte(classes))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func parse(t testing.TB, text string) *graph.Graph {
	t.Helper()
	parsed, err := jsontree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Parse(parsed.(*jsontree.Object))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The prompt and the seed reach nothing that is written: 1 to 4. What takes long is 6 and 7.
const aside = `{
 "1": {"class_type": "Text", "inputs": {"value": "a red fox"}},
 "2": {"class_type": "Empty", "inputs": {"width": 64}},
 "3": {"class_type": "Noise", "inputs": {"image": ["2", 0], "seed": 1, "strength": 0.5}},
 "4": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
 "5": {"class_type": "Load", "inputs": {"image": "a.png"}},
 "6": {"class_type": "Scale", "inputs": {"image": ["5", 0], "width": 700}},
 "7": {"class_type": "Blur", "inputs": {"image": ["6", 0], "sigma": 1.5}},
 "8": {"class_type": "Save", "inputs": {"images": ["7", 0], "filename_prefix": "x"}}
}`

// changed names the fields that differ.
func changed(before, after *graph.Graph) (fields []string) {
	for i := range before.Nodes {
		for k, in := range before.Nodes[i].Inputs {
			if got := after.Nodes[i].Inputs[k]; fmt.Sprint(got.Value) != fmt.Sprint(in.Value) {
				fields = append(fields, before.Nodes[i].ID+"."+in.Name)
			}
		}
	}
	return fields
}

func TestWhatIsVaried(t *testing.T) {
	for name, c := range map[string]struct {
		graph  string
		varied []string
		want   []string
	}{
		"prompt and seed reach nothing": {aside, []string{"1", "3"}, []string{"7.sigma"}},
		"a seed reaches the work":       {aside, []string{"7"}, nil},
		"a text first": {`{
			"1": {"class_type": "Text", "inputs": {"value": "a red fox"}},
			"2": {"class_type": "Empty", "inputs": {"width": 64}},
			"3": {"class_type": "Sample", "inputs": {"text": ["1", 0], "latent": ["2", 0], "cfg": 8}},
			"4": {"class_type": "Blur", "inputs": {"image": ["3", 0], "sigma": 1}},
			"5": {"class_type": "Save", "inputs": {"images": ["4", 0], "filename_prefix": "x"}}}`, nil, []string{"1.value"}},
		"names are left alone": {`{
			"1": {"class_type": "Name", "inputs": {"value": "sd15.ckpt"}},
			"3": {"class_type": "Sample", "inputs": {"text": ["1", 0], "cfg": 8.0}},
			"5": {"class_type": "Save", "inputs": {"images": ["3", 0], "filename_prefix": "x"}}}`, nil, []string{"3.cfg"}},
		"a seed before fractions": {`{
			"2": {"class_type": "Empty", "inputs": {"width": 64}},
			"3": {"class_type": "Noise", "inputs": {"image": ["2", 0], "seed": 1, "strength": 0.5}},
			"5": {"class_type": "Save", "inputs": {"images": ["3", 0], "filename_prefix": "x"}}}`, nil, []string{"3.seed"}},
		"nothing can be": {`{
			"5": {"class_type": "Load", "inputs": {"image": "a.png"}},
			"6": {"class_type": "Scale", "inputs": {"image": ["5", 0], "width": 700}},
			"8": {"class_type": "Save", "inputs": {"images": ["6", 0], "filename_prefix": "x"}}}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := parse(t, c.graph)
			after := fresh.Vary(g, info(t), c.varied, rand.Float64)
			if got := changed(g, after); !slices.Equal(got, c.want) {
				t.Errorf("changed %v", got)
			}
		})
	}
}

func TestNothingIsKnownOfTheClasses(t *testing.T) {
	g := parse(t, aside)
	if fresh.Vary(g, nil, nil, rand.Float64) != g {
		t.Error("something is changed")
	}
}

func TestWhatComesOutOfTheCache(t *testing.T) {
	g := parse(t, aside)
	for _, c := range []struct {
		cached string
		want   bool
	}{
		{"", false},
		{"1 2 5", false},
		{"2 3 4 5 6 7", true}, // the prompt was new, and shown
		{"5 6 7", true},
		{"5 6", false},
	} {
		if got := fresh.Cached(g, info(t), strings.Fields(c.cached)); got != c.want {
			t.Errorf("%q: %v", c.cached, got)
		}
	}
	plain := parse(t, `{"1": {"class_type": "Empty", "inputs": {"width": 64}},
		"2": {"class_type": "Save", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}`)
	if fresh.Cached(plain, info(t), nil) || !fresh.Cached(plain, info(t), []string{"1"}) {
		t.Error("a graph whose work is one node")
	}
}

// Whatever the graph, cycles included: the nodes and links stay, one field at most changes, and within its range.
func TestVariedGraphsStayWhatTheyAre(t *testing.T) {
	known := info(t)
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(r, "nodes")
		var nodes []graph.Node
		for i := range n {
			class := rapid.SampledFrom([]string{"Text", "Empty", "Blur", "Noise", "Sample", "Save", "PreviewAny", "Unknown"}).Draw(r, "class")
			node := graph.Node{ID: fmt.Sprint(i), Class: class}
			for _, name := range []string{"image", "images", "latent", "source"} {
				if rapid.Bool().Draw(r, "linked") {
					link := graph.Link{Node: fmt.Sprint(rapid.IntRange(0, n).Draw(r, "from"))}
					node.Inputs = append(node.Inputs, graph.Input{Name: name, Value: link})
				}
			}
			value := func(name string, low, high float64) {
				text, _ := json.Marshal(rapid.Float64Range(low, high).Draw(r, name))
				node.Inputs = append(node.Inputs, graph.Input{Name: name, Value: json.Number(text)})
			}
			value("sigma", 0.1, 10)
			value("strength", 0, 1)
			value("cfg", 0, 8)
			nodes = append(nodes, node)
		}
		g := graph.New(nodes)
		after := fresh.Vary(g, known, nil, func() float64 { return rapid.Float64Range(0, 0.999).Draw(r, "random") })
		fields := changed(g, after)
		if len(fields) > 1 || len(after.Nodes) != len(g.Nodes) {
			r.Fatalf("changed %v", fields)
		}
		for _, field := range fields {
			id, name, _ := strings.Cut(field, ".")
			value, _ := after.Node(id).Input(name)
			f, is := jsontree.Float(value)
			limits := map[string][2]float64{"sigma": {0.1, 10}, "strength": {0, 1}, "cfg": {0, 8}}[name]
			if !is || f < limits[0] || f > limits[1] {
				r.Fatalf("%s is %v", field, value)
			}
		}
	})
}
