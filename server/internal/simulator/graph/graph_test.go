package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
)

// drawGraph draws a graph of ImageBatch nodes over EmptyImage sources, with SaveImage
// outputs; links go from earlier to later nodes. name maps a position to an id.
func drawGraph(t *rapid.T, name func(int) string) (*graph.Graph, map[string][]string) {
	count := rapid.IntRange(1, 12).Draw(t, "nodes")
	links := map[string][]string{}
	document := map[string]any{}
	for i := range count {
		kind := rapid.SampledFrom([]string{"EmptyImage", "ImageBatch", "SaveImage"}).Draw(t, "class")
		inputs := map[string]any{}
		switch {
		case i == 0 || kind == "EmptyImage":
			kind = "EmptyImage"
			inputs["color"] = rapid.IntRange(0, 3).Draw(t, "color")
		case kind == "ImageBatch":
			for _, input := range []string{"image1", "image2"} {
				from := name(rapid.IntRange(0, i-1).Draw(t, input))
				inputs[input] = []any{from, 0}
				links[name(i)] = append(links[name(i)], from)
			}
		default:
			from := name(rapid.IntRange(0, i-1).Draw(t, "images"))
			inputs["images"] = []any{from, 0}
			links[name(i)] = append(links[name(i)], from)
		}
		document[name(i)] = map[string]any{"class_type": kind, "inputs": inputs}
	}
	return parse(t, document), links
}

func parse(t interface{ Fatal(...any) }, document any) *graph.Graph {
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRunOrder(t *testing.T) {
	catalogue := graph.LoadCatalogue()
	rapid.Check(t, func(t *rapid.T) {
		g, links := drawGraph(t, func(i int) string { return fmt.Sprint("n", i) })
		cached := map[string]bool{}
		var outputs []string
		for _, node := range g.Nodes {
			cached[node.ID] = rapid.Bool().Draw(t, "cached")
			if catalogue[node.Class].OutputNode {
				outputs = append(outputs, node.ID)
			}
		}
		order := catalogue.RunOrder(g, outputs, func(id string) bool { return cached[id] })

		needed := map[string]bool{}
		var need func(string)
		need = func(id string) {
			needed[id] = true
			for _, from := range links[id] {
				if !cached[from] {
					need(from)
				}
			}
		}
		for _, id := range outputs {
			need(id)
		}
		if len(order) != len(needed) {
			t.Fatalf("order %v, want the %d nodes %v", order, len(needed), needed)
		}
		for i, id := range order {
			if !needed[id] {
				t.Fatalf("order %v: %s is not needed", order, id)
			}
			for _, from := range links[id] {
				if !cached[from] && !slices.Contains(order[:i], from) {
					t.Fatalf("order %v: %s comes before %s, which it needs", order, id, from)
				}
			}
		}
	})
}

func TestKeysDoNotDependOnIDs(t *testing.T) {
	none := func(*graph.Node) string { return "" }
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		build := func(prefix string, s uint64) map[string]string {
			keys, err := parse(t, map[string]any{
				prefix + "1": map[string]any{"class_type": "RandomNoise", "inputs": map[string]any{"noise_seed": s}},
				prefix + "2": map[string]any{"class_type": "SamplerCustomAdvanced", "inputs": map[string]any{"noise": []any{prefix + "1", 0}}},
			}).Keys(none)
			if err != nil {
				t.Fatal(err)
			}
			return keys
		}
		if build("a", seed)["a2"] != build("b", seed)["b2"] {
			t.Fatal("new ids change a key")
		}
		if build("a", seed)["a2"] == build("a", seed^1)["a2"] {
			t.Fatal("the last bit of a seed upstream does not change a key")
		}
	})
}

func TestOutputsAreShownEarly(t *testing.T) {
	catalogue := graph.LoadCatalogue()
	image := map[string]any{"class_type": "EmptyImage", "inputs": map[string]any{}}
	save := func(from string) map[string]any {
		return map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{from, 0}}}
	}
	g := parse(t, map[string]any{"1": image, "2": save("1"), "3": image, "4": save("3")})
	order := catalogue.RunOrder(g, []string{"2", "4"}, func(string) bool { return false })
	if !slices.Equal(order, []string{"1", "2", "3", "4"}) {
		t.Errorf("order %v, want each picture saved as soon as it is there", order)
	}
}

func TestParseRefusesOtherKinds(t *testing.T) {
	for _, text := range []string{`[]`, `"abc"`, `null`, `7`, `{"1": 7}`, `{"1": {"class_type": 7}}`, `{"1": {`} {
		if _, err := graph.Parse(json.RawMessage(text)); err == nil {
			t.Errorf("%s is taken for a graph", text)
		}
	}
}
