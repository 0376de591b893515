package workflow

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Inputs are one run's values.
type Inputs struct {
	Prompt     string
	Seed       uint64
	Parameters Values
	// Name ends the file names of what the run writes. It must be its own for each run: ComfyUI answers an unchanged
	// node from its cache, with the old file.
	Name string
}

// Fill is the graph for one run. Parameters that the template does not have are left out.
func (t *Template) Fill(in Inputs) json.RawMessage {
	var graph map[string]map[string]any
	if err := decode(t.raw, &graph); err != nil {
		panic(err) // Parse has decoded it before
	}
	set := func(name string, value any) {
		for _, target := range t.bindings[name].Targets {
			inputs := graph[target.NodeID]["inputs"].(map[string]any)
			inputs[target.Field] = likewise(inputs[target.Field], value)
		}
	}
	set(PromptParameter, in.Prompt)
	set(SeedParameter, json.Number(strconv.FormatUint(in.Seed, 10)))
	for name, value := range in.Parameters {
		if name != PromptParameter && name != SeedParameter {
			set(name, value)
		}
	}
	for _, n := range graph {
		inputs := n["inputs"].(map[string]any)
		if prefix, ok := inputs[prefixField].(string); ok {
			inputs[prefixField] = ownPrefix(prefix, in.Name)
		}
	}
	filled, err := json.Marshal(graph)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return filled
}

// prefixField is the field that begins the names of the files that a node writes.
const prefixField = "filename_prefix"

func ownPrefix(prefix, name string) string {
	return path.Join(strings.ReplaceAll(prefix, `\`, "/"), name)
}

// Writer is a node that writes files whose names are the run's own.
type Writer struct {
	NodeID string
	Class  string
	// Prefix begins the names, relative to the output folder with forward slashes. ComfyUI adds a number and the extension.
	Prefix string
}

// Writers are the nodes that write files under the name of a run, sorted by id. Nodes that get the beginning of their files'
// names from another node are not among them.
func (t *Template) Writers(name string) []Writer {
	var writers []Writer
	for _, id := range slices.Sorted(maps.Keys(t.nodes)) {
		if prefix, ok := t.nodes[id].Inputs[prefixField].(string); ok {
			writers = append(writers, Writer{NodeID: id, Class: t.nodes[id].ClassType, Prefix: ownPrefix(prefix, name)})
		}
	}
	return writers
}

// likewise keeps a choice that is no text in the template, such as 2 out of 1, 2 and 4, from becoming one.
func likewise(own, value any) any {
	text, isText := value.(Text)
	if _, ownIsText := own.(string); !isText || ownIsText {
		return value
	}
	var scalar any
	if err := decode([]byte(text), &scalar); err != nil {
		return value
	}
	switch scalar.(type) {
	case json.Number, bool:
		return scalar
	}
	return value
}

// Defaults are the values of all parameters, those given replaced.
func (d Description) Defaults(given Values) Values {
	values := make(Values, len(d.Parameters))
	for _, p := range d.Parameters {
		values[p.Name] = p.Default
	}
	maps.Copy(values, given)
	return values
}

// RandomSeed is a seed that the workflow takes.
func (d Description) RandomSeed() uint64 {
	if span := d.SeedMax - d.SeedMin; span < math.MaxUint64 {
		return d.SeedMin + rand.Uint64N(span+1)
	}
	return rand.Uint64()
}
