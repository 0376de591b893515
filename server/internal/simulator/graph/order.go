package graph

import "slices"

// RunOrder lists the nodes to run for the given outputs, each after what it depends on.
// Nodes whose result is cached are left out unless they are outputs. Among the nodes that
// could run, outputs come first, then nodes that feed an output directly, then nodes that
// feed such a node, so that a person sees pictures early, as in ComfyUI.
func (c Catalogue) RunOrder(g *Graph, outputs []string, cached func(id string) bool) []string {
	p := &plan{graph: g, catalogue: c, waitsFor: map[string]int{}, feeds: map[string][]string{}}
	p.collect(outputs, cached)
	var order []string
	for len(p.pending) > 0 {
		id, found := p.pick()
		if !found { // only a cycle, which validation refuses
			break
		}
		order = append(order, id)
		p.pending = slices.DeleteFunc(p.pending, func(other string) bool { return other == id })
		for _, next := range p.feeds[id] {
			p.waitsFor[next]--
		}
	}
	return order
}

type plan struct {
	graph     *Graph
	catalogue Catalogue
	pending   []string
	waitsFor  map[string]int      // open dependencies of a pending node
	feeds     map[string][]string // pending nodes that wait for this one
}

func (p *plan) collect(outputs []string, cached func(string) bool) {
	type edge struct{ from, to string }
	linked := map[edge]bool{}
	stack := slices.Clone(outputs)
	slices.Reverse(stack)
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if slices.Contains(p.pending, id) {
			continue
		}
		p.pending = append(p.pending, id)
		for _, input := range p.graph.Node(id).Inputs {
			link, ok := AsLink(input.Value)
			if !ok || p.graph.Node(link.From) == nil || cached(link.From) {
				continue
			}
			if e := (edge{link.From, id}); !linked[e] {
				linked[e] = true
				p.waitsFor[id]++
				p.feeds[link.From] = append(p.feeds[link.From], id)
			}
			stack = append(stack, link.From)
		}
	}
}

func (p *plan) pick() (string, bool) {
	var ready []string
	for _, id := range p.pending {
		if p.waitsFor[id] == 0 {
			ready = append(ready, id)
		}
	}
	feedsOutput := func(id string) bool { return slices.ContainsFunc(p.feeds[id], p.isOutput) }
	for _, preferred := range []func(string) bool{
		p.isOutput, feedsOutput,
		func(id string) bool { return slices.ContainsFunc(p.feeds[id], feedsOutput) },
	} {
		if i := slices.IndexFunc(ready, preferred); i >= 0 {
			return ready[i], true
		}
	}
	if len(ready) == 0 {
		return "", false
	}
	return ready[0], true
}

func (p *plan) isOutput(id string) bool {
	return p.catalogue[p.graph.Node(id).Class].OutputNode
}
