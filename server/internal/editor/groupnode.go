package editor

import (
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// expandGroupNodes turns the group nodes of old files into subgraphs: each gets a definition of its own and a new id.
func (c *converter) expandGroupNodes() {
	d := c.document
	taken := map[string]bool{}
	for _, l := range d.layouts() {
		for _, n := range l.nodes {
			taken[n.id] = true
		}
	}
	for _, l := range d.layouts() {
		for _, n := range l.nodes {
			name, ok := groupName(n.class)
			if !ok {
				continue
			}
			group := d.groupNodes.Object(name)
			if group == nil {
				continue
			}
			definition := c.groupDefinition(name, group, n, func() string { return d.nextID(taken) })
			definition.id = n.class + " " + n.id
			d.define(definition)
			old := n.id
			n.class, n.id, n.values, n.body = definition.id, d.nextID(taken), nil, nil
			for _, link := range l.links {
				if link.origin == old {
					link.origin = n.id
				}
				if link.target == old {
					link.target = n.id
				}
			}
		}
	}
}

func groupName(class string) (string, bool) {
	for _, prefix := range []string{"workflow>", "workflow/"} {
		if name, ok := strings.CutPrefix(class, prefix); ok {
			return name, true
		}
	}
	return "", false
}

// groupDefinition makes a subgraph of a group. Values of the group node go to the widgets of its nodes, in order.
func (c *converter) groupDefinition(name string, group *jsontree.Object, host *node, id func() string) *definition {
	d := &definition{layout: readLayout(&jsontree.Object{Members: []jsontree.Member{{Key: "nodes", Value: group.List("nodes")}}})}
	d.name = name
	values := host.values
	for _, n := range d.nodes {
		n.id, n.body = id(), nil
		values = c.takeGroupValues(n, values)
	}
	inside := map[*socket]bool{}
	outside := map[[2]int]bool{}
	for i, value := range group.List("links") {
		parts, _ := value.([]any)
		from, slot, to, input, ok := groupLink(parts, len(d.nodes))
		if !ok || input >= len(d.nodes[to].inputs) {
			continue
		}
		l := &link{id: "group " + strconv.Itoa(i), origin: d.nodes[from].id, originSlot: slot, target: d.nodes[to].id}
		d.links[l.id] = l
		s := d.nodes[to].inputs[input]
		s.link = l.id
		inside[s], outside[[2]int{from, slot}] = true, true
	}
	for _, value := range group.List("external") {
		parts, _ := value.([]any)
		if len(parts) >= 2 {
			from, _ := jsontree.Int(parts[0])
			slot, _ := jsontree.Int(parts[1])
			delete(outside, [2]int{from, slot})
		}
	}
	d.groupEdges(inside, outside)
	return d
}

func groupLink(parts []any, nodes int) (from, slot, to, input int, ok bool) {
	if len(parts) < 4 {
		return 0, 0, 0, 0, false
	}
	numbers := make([]int, 4)
	for i := range numbers {
		n, isInt := jsontree.Int(parts[i])
		if !isInt || n < 0 {
			return 0, 0, 0, 0, false
		}
		numbers[i] = n
	}
	from, slot, to, input = numbers[0], numbers[1], numbers[2], numbers[3]
	return from, slot, to, input, from < nodes && to < nodes
}

// takeGroupValues gives a node of a group its share of the group's values and returns the rest.
func (c *converter) takeGroupValues(n *node, values []any) []any {
	class := c.options.Info.Class(n.class)
	if class == nil {
		return values
	}
	probe := *n
	probe.readWidgets(class)
	share := min(len(probe.widgets), len(values))
	own := append([]any{}, n.values...)
	for i, value := range values[:share] {
		if i < len(own) {
			own[i] = value
		} else {
			own = append(own, value)
		}
	}
	n.values = own
	return values[share:]
}

// groupEdges makes the inputs and outputs of a group: what is not linked inside.
func (d *definition) groupEdges(inside map[*socket]bool, hidden map[[2]int]bool) {
	names := map[string]bool{}
	for i, n := range d.nodes {
		for _, s := range n.inputs {
			if inside[s] {
				continue
			}
			name := s.name
			if names[name] {
				name = strings.TrimSpace(n.label() + " " + s.name)
			}
			names[name] = true
			k := len(d.inputs)
			id := "edge " + strconv.Itoa(k)
			d.links[id] = &link{id: id, origin: inputEdge, originSlot: k, target: n.id}
			s.link = id
			d.inputs = append(d.inputs, port{name: name, kind: s.kind, links: []string{id}})
		}
		for slot, s := range n.outputs {
			if hidden[[2]int{i, slot}] {
				continue
			}
			id := "edge out " + strconv.Itoa(len(d.outputs))
			d.links[id] = &link{id: id, origin: n.id, originSlot: slot, target: outputEdge}
			d.outputs = append(d.outputs, port{name: s.name, kind: s.kind, links: []string{id}})
		}
	}
}

func (n *node) label() string {
	if n.title != "" {
		return n.title
	}
	return n.class
}
