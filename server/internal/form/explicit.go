package form

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Binding names the fields that take an input's value, all of them the same, and its limits.
type Binding struct {
	Targets  []Target
	Min      json.Number // narrower than ComfyUI's own; empty: that
	Max      json.Number
	Position int // place in the form
}

// Explicit makes the form that bindings by name say. Those called prompt and seed have these roles; there may be neither. The
// error lists everything in which the bindings do not fit the graph, one line each, beginning with "parameter_map.NAME: ".
func Explicit(g *graph.Graph, bindings map[string]Binding) (*Form, error) {
	names := slices.SortedFunc(maps.Keys(bindings), func(a, b string) int {
		return cmp.Or(bindings[a].Position-bindings[b].Position, strings.Compare(a, b))
	})
	form := &Form{}
	var problems []error
	for _, name := range names {
		b := bindings[name]
		for _, err := range b.check(g, name) {
			problems = append(problems, fmt.Errorf("parameter_map.%s: %w", name, err))
		}
		in := Input{Name: name, Label: sentence(name), Min: b.Min, Max: b.Max, Targets: b.Targets}
		switch name {
		case string(Prompt):
			in.Role, in.Kind = Prompt, Text
		case string(SeedRole):
			in.Role, in.Kind = SeedRole, Seed
		}
		form.Inputs = append(form.Inputs, in)
	}
	return form, errors.Join(problems...)
}

func (b Binding) check(g *graph.Graph, name string) (problems []error) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(b.Targets) == 0 {
		add("names no node")
	}
	low, hasLow := jsontree.Exact(b.Min)
	high, hasHigh := jsontree.Exact(b.Max)
	if hasLow && hasHigh && low.Cmp(high) > 0 {
		add("min %s is above max %s", b.Min, b.Max)
	}
	isSeed := name == string(SeedRole)
	if isSeed {
		for _, limit := range []json.Number{b.Min, b.Max} {
			if r, ok := jsontree.Exact(limit); ok && (!r.IsInt() || r.Sign() < 0 || r.Num().Cmp(maxSeed) > 0) {
				add("%s is no seed; seeds are whole numbers from 0 to %s", limit, maxSeed)
			}
		}
	}
	for _, t := range b.Targets {
		n := g.Node(t.Node)
		if n == nil {
			add("there is no node %q in the graph (it has %s)", t.Node, ids(g))
			continue
		}
		value, exists := n.Input(t.Field)
		switch {
		case !exists:
			add("node %s (%s) has no field %q (it has %s)", t.Node, n.Class, t.Field, fields(n))
		case isLink(value):
			add("field %q of node %s takes its value from another node and cannot be set", t.Field, t.Node)
		case !isSeed: // every run has a seed of its own
			if err := b.holds(value); err != nil {
				add("%w: node %s has it in %s", err, t.Node, t.Field)
			}
		}
	}
	return problems
}

var maxSeed = new(big.Int).SetUint64(math.MaxUint64)

// holds tells why a graph's own value is not within the limits.
func (b Binding) holds(own any) error {
	if b.Min == "" && b.Max == "" {
		return nil
	}
	n, ok := value(own, Number).(json.Number)
	if !ok {
		return fmt.Errorf("min and max are for numbers, not for %v", own)
	}
	r, _ := jsontree.Exact(n)
	if low, ok := jsontree.Exact(b.Min); ok && r.Cmp(low) < 0 {
		return fmt.Errorf("the template's own value %s is below min %s", n, b.Min)
	}
	if high, ok := jsontree.Exact(b.Max); ok && r.Cmp(high) > 0 {
		return fmt.Errorf("the template's own value %s is above max %s", n, b.Max)
	}
	return nil
}

func ids(g *graph.Graph) string {
	all := make([]string, len(g.Nodes))
	for i, n := range g.Nodes {
		all[i] = n.ID
	}
	return some(slices.Sorted(slices.Values(all)))
}

func fields(n *graph.Node) string {
	all := make([]string, len(n.Inputs))
	for i, in := range n.Inputs {
		all[i] = in.Name
	}
	return some(slices.Sorted(slices.Values(all)))
}

// some names the first of many.
func some(names []string) string {
	const shown = 100
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}
