package simulator_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

type (
	object = map[string]any
	graph  = map[string]any
)

func node(class string, inputs object) object {
	return object{"class_type": class, "inputs": inputs}
}

// klein is the shipped FLUX.2 klein workflow with a prompt, a seed and a small size.
func klein(t *testing.T, prompt, seed string) graph {
	t.Helper()
	g := shipped(t, "flux_klein_api.json")
	set(g, "6", "text", prompt)
	set(g, "25", "noise_seed", json.Number(seed))
	for _, id := range []string{"47", "48"} {
		set(g, id, "width", 96)
		set(g, id, "height", 64)
	}
	return g
}

// endless is a graph that runs long enough to be interrupted.
func endless(t *testing.T) graph {
	g := klein(t, "long", "5")
	set(g, "48", "steps", 4096)
	return g
}

func shipped(t *testing.T, name string) graph {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, content).(graph)
}

func set(g graph, id, input string, value any) { at(g, id, "inputs").(object)[input] = value }

// simple is the smallest graph: a picture of one colour, saved.
func simple(colour int, prefix string) graph {
	return graph{
		"1": node("EmptyImage", object{"width": 64, "height": 64, "batch_size": 1, "color": colour}),
		"9": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": prefix}),
	}
}

// at walks into decoded JSON; it returns nil where the path ends.
func at(value any, path ...any) any {
	for _, step := range path {
		switch v := value.(type) {
		case object:
			key, _ := step.(string)
			value = v[key]
		case []any:
			i, ok := step.(int)
			if ok && i < 0 {
				i += len(v)
			}
			if !ok || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func decode(t *testing.T, content []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
	return value
}

func encode(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func fixture(t *testing.T, name string) any {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, content)
}
