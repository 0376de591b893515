// Package workflow turns a ComfyUI graph in API format and a parameter map into something that can be booked: what may
// be set, within which range, and the graph filled in for one job. It knows ComfyUI's graph format, but talks to nobody:
// what the nodes accept is told to it as Inputs.
//
// Numbers are kept as written, because seeds use all 64 bits.
package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Names of the two parameters that every job has fields of its own for.
const (
	PromptParameter = "prompt"
	SeedParameter   = "seed"
)

// Target is a field of a node that takes a parameter's value.
type Target struct {
	NodeID string
	Field  string
}

// Binding maps a parameter to its targets, all of which get the same value.
type Binding struct {
	Targets []Target
	Min     *json.Number // narrower than what the node accepts; nil: the node's own
	Max     *json.Number
	// Position is the place in the form: that in which the parameter map names it.
	Position int `json:"-"`
}

// Template is a graph with its parameter map. It is immutable.
type Template struct {
	ID       string
	Title    string
	Hash     string // of graph and parameter map, lower-case hexadecimal
	nodes    map[string]node
	bindings map[string]Binding
	raw      []byte
}

type node struct {
	ClassType string         `json:"class_type"`
	Inputs    map[string]any `json:"inputs"`
	Meta      struct {
		Title string `json:"title"`
	} `json:"_meta"`
}

// Parse reads a graph in API format. The error lists everything that is wrong with the graph and the parameter map, one
// line each.
func Parse(id, title string, graph []byte, bindings map[string]Binding) (*Template, error) {
	t := &Template{ID: id, Title: title, bindings: bindings, raw: graph}
	if err := decode(graph, &t.nodes); err != nil {
		var top map[string]json.RawMessage
		if json.Unmarshal(graph, &top) == nil && top["nodes"] != nil && top["links"] != nil {
			return nil, errors.New("it is a workflow saved for the editor; export it with \"Export (API)\" instead")
		}
		return nil, fmt.Errorf("it is not a ComfyUI graph in API format: %w", err)
	}
	var problems []error
	if len(t.nodes) == 0 {
		problems = append(problems, errors.New("the graph has no nodes"))
	}
	for _, id := range slices.Sorted(maps.Keys(t.nodes)) {
		problems = append(problems, t.checkNode(id)...)
	}
	for _, name := range []string{PromptParameter, SeedParameter} {
		if _, ok := bindings[name]; !ok {
			problems = append(problems, fmt.Errorf("parameter_map.%s: missing; name the node and field that take the %s", name, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(bindings)) {
		problems = append(problems, t.checkBinding(name, bindings[name])...)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	t.Hash = hash(t.nodes, bindings)
	return t, nil
}

func (t *Template) checkNode(id string) (problems []error) {
	n := t.nodes[id]
	if n.ClassType == "" {
		problems = append(problems, fmt.Errorf("node %s has no class_type", id))
	}
	if n.Inputs == nil {
		// ComfyUI accepts such a graph when the node is unconnected, and then loses its executor.
		problems = append(problems, fmt.Errorf("node %s has no inputs object (write {} for none)", id))
	}
	for _, field := range slices.Sorted(maps.Keys(n.Inputs)) {
		if from, ok := link(n.Inputs[field]); ok {
			if _, exists := t.nodes[from]; !exists {
				problems = append(problems, fmt.Errorf("node %s: input %s is linked to node %s, which does not exist", id, field, from))
			}
		}
	}
	return problems
}

func (t *Template) checkBinding(name string, b Binding) (problems []error) {
	if len(b.Targets) == 0 {
		problems = append(problems, fmt.Errorf("parameter_map.%s: names no node", name))
	}
	problems = append(problems, checkLimits(name, b)...)
	for _, target := range b.Targets {
		n, exists := t.nodes[target.NodeID]
		if !exists {
			problems = append(problems, fmt.Errorf("parameter_map.%s: there is no node %q in the graph (it has %s)", name, target.NodeID,
				strings.Join(slices.Sorted(maps.Keys(t.nodes)), ", ")))
			continue
		}
		value, exists := n.Inputs[target.Field]
		if !exists {
			problems = append(problems, fmt.Errorf("parameter_map.%s: node %s (%s) has no field %q (it has %s)", name, target.NodeID, n.ClassType,
				target.Field, strings.Join(slices.Sorted(maps.Keys(n.Inputs)), ", ")))
			continue
		}
		if _, linked := link(value); linked {
			problems = append(problems, fmt.Errorf("parameter_map.%s: field %q of node %s takes its value from another node and cannot be set", name,
				target.Field, target.NodeID))
			continue
		}
		if err := b.holds(value); err != nil && name != SeedParameter { // every run has a seed of its own
			problems = append(problems, fmt.Errorf("parameter_map.%s: %w: node %s has it in %s", name, err, target.NodeID, target.Field))
		}
	}
	return problems
}

// checkLimits holds a binding's min and max against each other.
func checkLimits(name string, b Binding) (problems []error) {
	low, hasLow := exact(orEmpty(b.Min))
	high, hasHigh := exact(orEmpty(b.Max))
	if hasLow && hasHigh && low.Cmp(high) > 0 {
		problems = append(problems, fmt.Errorf("parameter_map.%s: min %s is above max %s", name, *b.Min, *b.Max))
	}
	if name != SeedParameter {
		return problems
	}
	for _, limit := range []*json.Number{b.Min, b.Max} {
		if r, ok := exact(orEmpty(limit)); ok && (!r.IsInt() || r.Sign() < 0 || r.Num().Cmp(maxUint64) > 0) {
			problems = append(problems, fmt.Errorf("parameter_map.%s: %s is no seed; seeds are whole numbers from 0 to %s", name, *limit, maxUint64))
		}
	}
	return problems
}

// holds tells why a template's own value is not within the binding's limits.
func (b Binding) holds(value any) error {
	if b.Min == nil && b.Max == nil {
		return nil
	}
	n, ok := numberIn(value)
	if !ok {
		return fmt.Errorf("min and max are for numbers, not for %v", value)
	}
	r, _ := exact(n)
	if low, ok := exact(orEmpty(b.Min)); ok && r.Cmp(low) < 0 {
		return fmt.Errorf("the template's own value %s is below min %s", n, *b.Min)
	}
	if high, ok := exact(orEmpty(b.Max)); ok && r.Cmp(high) > 0 {
		return fmt.Errorf("the template's own value %s is above max %s", n, *b.Max)
	}
	return nil
}

// Source is the graph as it was read.
func (t *Template) Source() []byte { return t.raw }

// Bindings is the parameter map.
func (t *Template) Bindings() map[string]Binding { return t.bindings }

// NodeTitle is the name of a node for people: its title, else its class.
func (t *Template) NodeTitle(id string) string {
	n := t.nodes[id]
	if n.Meta.Title != "" {
		return n.Meta.Title
	}
	return n.ClassType
}

// NodeCount is the number of nodes in the graph.
func (t *Template) NodeCount() int { return len(t.nodes) }

// Classes are the node classes of the graph, sorted.
func (t *Template) Classes() []string {
	classes := map[string]bool{}
	for _, n := range t.nodes {
		classes[n.ClassType] = true
	}
	return slices.Sorted(maps.Keys(classes))
}

func hash(nodes map[string]node, bindings map[string]Binding) string {
	canonical, err := json.Marshal(struct {
		Nodes    map[string]node
		Bindings map[string]Binding
	}{nodes, bindings})
	if err != nil {
		panic(err) // both were decoded from JSON
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// link reports the node an input is linked to.
func link(value any) (from string, ok bool) {
	pair, isList := value.([]any)
	if !isList || len(pair) != 2 {
		return "", false
	}
	from, ok = pair[0].(string)
	_, isSlot := pair[1].(json.Number)
	return from, ok && isSlot
}

func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("there is something after its end")
	}
	return nil
}
