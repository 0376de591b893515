// Package fresh makes a run of a graph do its work, although ComfyUI keeps what nodes made in runs before: it changes values that
// mean next to nothing, and tells whether the work was done. It asks nobody: what the ComfyUI's classes are is told to it.
package fresh

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Vary returns the graph so that ComfyUI has to do its work anew. varied names the nodes of which a value was changed already, such
// as a prompt or a seed; where that makes the work anew, or nothing can be changed, the graph is returned as it is. random returns
// numbers of at least 0 and less than 1.
func Vary(g *graph.Graph, info *objectinfo.Info, varied []string, random func() float64) *graph.Graph {
	work := Work(g, info)
	after := downstream(g)
	redone := map[string]bool{}
	for _, id := range varied {
		maps.Copy(redone, after.from(id))
	}
	if overlap(work, redone) > 0 {
		return g
	}
	best, most := change{}, 0
	for i := range g.Nodes {
		n := &g.Nodes[i]
		reached := overlap(work, after.from(n.ID))
		if reached <= most {
			continue
		}
		if c, can := nudge(n, info.Class(n.Class), random); can {
			best, most = c, reached
		}
	}
	if most == 0 {
		return g
	}
	return best.apply(g)
}

// Cached reports whether ComfyUI took all work of a run from what it kept. cached names the nodes that did not run.
func Cached(g *graph.Graph, info *objectinfo.Info, cached []string) bool {
	work := Work(g, info)
	for _, id := range cached {
		delete(work, id)
	}
	return len(work) == 0
}

// Work returns the nodes whose results go into the largest thing that the graph writes and that make these from results of others:
// not what only loads or holds a value, and not what writes. Where there are none, all whose results go into it.
func Work(g *graph.Graph, info *objectinfo.Info) map[string]bool {
	all := map[string]bool{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		class := info.Class(n.Class)
		if class != nil && !class.Output || strings.HasPrefix(n.Class, "Preview") {
			continue
		}
		if into := ancestors(g, n.ID); len(into) > len(all) {
			all = into
		}
	}
	work := map[string]bool{}
	for id := range all {
		n := g.Node(id)
		class := info.Class(n.Class)
		if len(links(n)) > 0 && (class == nil || !class.Output) {
			work[id] = true
		}
	}
	if len(work) == 0 {
		return all
	}
	return work
}

// ancestors are the nodes whose results go into one.
func ancestors(g *graph.Graph, id string) map[string]bool {
	found := map[string]bool{}
	for waiting := []string{id}; len(waiting) > 0; {
		n := g.Node(waiting[len(waiting)-1])
		waiting = waiting[:len(waiting)-1]
		for _, from := range links(n) {
			if g.Node(from) != nil && !found[from] && from != id {
				found[from] = true
				waiting = append(waiting, from)
			}
		}
	}
	return found
}

func links(n *graph.Node) (from []string) {
	for _, in := range n.Inputs {
		if link, is := in.Value.(graph.Link); is {
			from = append(from, link.Node)
		}
	}
	return from
}

// users are the nodes that take results of each node.
type users map[string][]string

func downstream(g *graph.Graph) users {
	all := users{}
	for i := range g.Nodes {
		for _, from := range links(&g.Nodes[i]) {
			all[from] = append(all[from], g.Nodes[i].ID)
		}
	}
	return all
}

// from returns a node and everything that its result goes into.
func (u users) from(id string) map[string]bool {
	found := map[string]bool{id: true}
	for waiting := []string{id}; len(waiting) > 0; {
		next := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		for _, user := range u[next] {
			if !found[user] {
				found[user] = true
				waiting = append(waiting, user)
			}
		}
	}
	return found
}

func overlap(a, b map[string]bool) (n int) {
	for id := range a {
		if b[id] {
			n++
		}
	}
	return n
}

// change is another value of a field.
type change struct {
	node, field string
	value       any
}

func (c change) apply(g *graph.Graph) *graph.Graph {
	nodes := slices.Clone(g.Nodes)
	for i := range nodes {
		if nodes[i].ID != c.node {
			continue
		}
		nodes[i].Inputs = slices.Clone(nodes[i].Inputs)
		for k := range nodes[i].Inputs {
			if nodes[i].Inputs[k].Name == c.field {
				nodes[i].Inputs[k].Value = c.value
			}
		}
	}
	return graph.New(nodes)
}

// nudge finds a value of a node that can be another one without meaning anything else: a seed, the end of a long text, the last
// digits of a number.
func nudge(n *graph.Node, class *objectinfo.Class, random func() float64) (change, bool) {
	if class == nil {
		return change{}, false
	}
	for _, kind := range []func(*objectinfo.Input, any, func() float64) (any, bool){seed, spaces, digits} {
		for _, in := range n.Inputs {
			at := slices.IndexFunc(class.Inputs, func(i *objectinfo.Input) bool { return i.Name == in.Name })
			if at < 0 {
				continue
			}
			if value, can := kind(class.Inputs[at], in.Value, random); can {
				return change{n.ID, in.Name, value}, true
			}
		}
	}
	return change{}, false
}

func seed(spec *objectinfo.Input, value any, random func() float64) (any, bool) {
	named := spec.Name == "seed" || spec.Name == "noise_seed"
	if _, is := value.(json.Number); !is || spec.Type != objectinfo.Int || !spec.Control && !named {
		return nil, false
	}
	low, high := bound(spec.Min, 0), bound(spec.Max, 1<<32)
	return number(spec, between(low, high, random()))
}

// spaces makes a long text end with other spaces, which no model reads.
func spaces(spec *objectinfo.Input, value any, random func() float64) (any, bool) {
	text, is := value.(string)
	if !is || !spec.Multiline {
		return nil, false
	}
	fill := make([]byte, 24)
	for i := range fill {
		fill[i] = " \n"[int(2*random())]
	}
	return text + string(fill), true
}

// digits moves a fraction by a ten-thousandth at most, and one that would leave its range not at all.
func digits(spec *objectinfo.Input, value any, random func() float64) (any, bool) {
	exact, is := jsontree.Exact(value)
	if _, number := value.(json.Number); !is || !number || spec.Type != objectinfo.Float || exact.Sign() == 0 {
		return nil, false
	}
	scale := new(big.Rat).SetFloat64(1 + 1e-4*(random()-0.5))
	moved := new(big.Rat).Mul(exact, scale)
	for _, limit := range []json.Number{spec.Min, spec.Max} {
		if at, is := jsontree.Exact(limit); is && at.Cmp(exact) == 0 { // it stands at the end of its range: away from there
			moved = new(big.Rat).Sub(new(big.Rat).Add(exact, exact), moved)
			if outside(spec, moved) {
				moved = new(big.Rat).Mul(exact, scale)
			}
		}
	}
	if outside(spec, moved) || moved.Cmp(exact) == 0 {
		return nil, false
	}
	f, _ := moved.Float64()
	return number(spec, new(big.Rat).SetFloat64(f))
}

func outside(spec *objectinfo.Input, value *big.Rat) bool {
	low, hasLow := jsontree.Exact(spec.Min)
	high, hasHigh := jsontree.Exact(spec.Max)
	return hasLow && value.Cmp(low) < 0 || hasHigh && value.Cmp(high) > 0
}

func bound(limit json.Number, without int64) *big.Rat {
	if r, is := jsontree.Exact(limit); is {
		return r
	}
	return new(big.Rat).SetInt64(without)
}

// between is a whole number in a range.
func between(low, high *big.Rat, part float64) *big.Rat {
	span := new(big.Rat).Mul(new(big.Rat).Sub(high, low), new(big.Rat).SetFloat64(part))
	sum := new(big.Rat).Add(low, span)
	whole := new(big.Int).Quo(sum.Num(), sum.Denom())
	return new(big.Rat).SetInt(whole)
}

func number(spec *objectinfo.Input, value *big.Rat) (any, bool) {
	if spec.Type == objectinfo.Int {
		return json.Number(value.Num().String()), true
	}
	f, _ := value.Float64()
	text, err := json.Marshal(f)
	return json.Number(text), err == nil
}
