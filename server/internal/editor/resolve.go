package editor

import (
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

// scope is one use of a layout: the workflow itself, or a subgraph by one of its hosts.
type scope struct {
	*layout
	definition *definition // nil: the workflow itself
	host       *node
	parent     *scope
	path       string // of ids, with a colon at its end
	inner      map[*node]*scope
}

// within is the scope inside a host.
func (s *scope) within(host *node, d *definition) *scope {
	if inner := s.inner[host]; inner != nil {
		return inner
	}
	if s.inner == nil {
		s.inner = map[*node]*scope{}
	}
	inner := &scope{layout: d.layout, definition: d, host: host, parent: s, path: s.path + host.id + ":"}
	s.inner[host] = inner
	return inner
}

// source names the end of a link: an output of a node that is exported, or an input of a subgraph that nothing is linked
// to but that has a widget on its host, and so a value.
type source struct {
	link  graph.Link
	value any // nil with a link
	at    place
	shown *shownKey
}

// resolver follows links through whatever exists in the page alone.
type resolver struct {
	*converter
	kind string // the type of the input that asks
	// seen are the outputs on the way, to find circles.
	seen map[seenKey]bool
}

type seenKey struct {
	scope *scope
	node  *node
	slot  int
}

// resolve follows the link into an input. It returns nil where the link leads to nothing.
func (c *converter) resolve(s *scope, n *node, in *socket) (*source, error) {
	r := &resolver{converter: c, kind: in.kind, seen: map[seenKey]bool{}}
	return r.input(s, n, in)
}

func (r *resolver) input(s *scope, n *node, in *socket) (*source, error) {
	if in == nil || in.link == "" {
		return nil, nil
	}
	l := s.links[in.link]
	if l == nil {
		return nil, r.broken(s, n, in, "is connected by a link that is not in the file")
	}
	if l.origin == inputEdge && s.host != nil {
		if l.originSlot >= len(s.definition.inputs) {
			return nil, r.broken(s, n, in, "is connected to an input that its subgraph does not have")
		}
		return r.outside(s, l.originSlot)
	}
	origin := s.byID[l.origin]
	if origin == nil {
		return nil, r.broken(s, n, in, fmt.Sprintf("is connected to node %s, which is not in the file", l.origin))
	}
	return r.output(s, origin, l.originSlot)
}

// outside follows an input of a subgraph to its host.
func (r *resolver) outside(s *scope, k int) (*source, error) {
	in := s.host.hostSocket(s.definition, k)
	if in != nil && in.link != "" {
		return r.input(s.parent, s.host, in)
	}
	value, at, ok := r.document.initial(s.definition, k)
	if !ok {
		return nil, nil
	}
	if held, ok := s.host.promoted[k]; ok {
		value, at = held, s.host.heldAt(s.definition, k)
	}
	found := &source{value: value, at: at}
	if s.parent.host == nil {
		found.shown = &shownKey{s.host, k}
	}
	return found, nil
}

func (r *resolver) broken(s *scope, n *node, in *socket, what string) error {
	return graph.Problems{r.problem(s, n, fmt.Sprintf("input %q %s", in.name, what),
		"open the workflow in ComfyUI, connect the input and save it again")}
}

// output follows an output of a node to where its value comes from.
func (r *resolver) output(s *scope, n *node, slot int) (*source, error) {
	if n.mode == modeMuted && n.class != setNode {
		return nil, nil
	}
	key := seenKey{s, n, slot}
	if r.seen[key] {
		return r.circle(s, n)
	}
	r.seen[key] = true
	if n.class == rerouteNode {
		if len(n.inputs) == 0 {
			return nil, nil
		}
		return r.input(s, n, n.inputs[0])
	}
	if n.class == primitiveNode || notes[n.class] {
		return nil, nil
	}
	if r.setGet(n) {
		return r.named(s, n)
	}
	if n.mode == modeBypassed {
		return r.input(s, n, r.bypass(n, slot))
	}
	if d := r.document.definition(n.class); d != nil {
		return r.inside(s.within(n, d), slot)
	}
	return &source{link: graph.Link{Node: s.path + n.id, Slot: slot}}, nil
}

// circle is met where links come back to a node that is not exported. A circle of Reroutes leads to nothing.
func (r *resolver) circle(s *scope, n *node) (*source, error) {
	for key := range r.seen {
		if key.node.mode == modeBypassed && key.node.class != rerouteNode {
			return nil, graph.Problems{r.problem(s, n, "bypassed nodes are linked in a circle",
				"open the workflow in ComfyUI, break the circle and save it again")}
		}
	}
	return nil, nil
}

// inside follows an output of a subgraph into it.
func (r *resolver) inside(s *scope, slot int) (*source, error) {
	if slot < 0 || slot >= len(s.definition.outputs) {
		return nil, nil
	}
	for _, id := range s.definition.outputs[slot].links {
		l := s.links[id]
		if l == nil {
			continue
		}
		if l.origin == inputEdge {
			return r.outside(s, l.originSlot)
		}
		if origin := s.byID[l.origin]; origin != nil {
			return r.output(s, origin, l.originSlot)
		}
	}
	return nil, nil
}

// bypass chooses the input whose value a bypassed node hands on: the one beside the output where its type fits, else the
// first of the type that is asked for, else the first that fits. Whether it is linked does not matter.
func (r *resolver) bypass(n *node, slot int) *socket {
	at := func(i int) *socket {
		if i >= 0 && i < len(n.inputs) {
			return n.inputs[i]
		}
		return nil
	}
	if r.kind == "*" || r.kind == "" {
		if s := at(slot); s != nil {
			return s
		}
		return at(0)
	}
	own := "*"
	if slot >= 0 && slot < len(n.outputs) {
		own = n.outputs[slot].kind
	}
	usable := func(s *socket) bool { return fits(s.kind, own) && fits(s.kind, r.kind) }
	if s := at(slot); s != nil && usable(s) {
		return s
	}
	for _, s := range n.inputs {
		if s.kind == r.kind {
			return s
		}
	}
	for _, s := range n.inputs {
		if usable(s) {
			return s
		}
	}
	return nil
}

// fits tells whether two types can be linked: equal, any, or with one in common.
func fits(a, b string) bool {
	if a == "" || b == "" || a == "*" || b == "*" || strings.EqualFold(a, b) {
		return true
	}
	for one := range strings.SplitSeq(a, ",") {
		for other := range strings.SplitSeq(b, ",") {
			if strings.EqualFold(one, other) || one == "*" || other == "*" {
				return true
			}
		}
	}
	return false
}
