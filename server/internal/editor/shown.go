package editor

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// expose notes that a field is shown on a host in the workflow itself.
func (c *converter) expose(key *shownKey, id, field string) {
	if key == nil {
		return
	}
	host := key.node
	definition := c.document.definition(host.class)
	in := definition.inputs[key.input]
	label := in.label
	if s := host.hostSocket(definition, key.input); s != nil && s.label != "" {
		label = s.label
	}
	title := host.title
	if title == "" {
		title = definition.name
	}
	c.show(*key, Shown{Node: host.id, NodeTitle: title, Name: in.name, Label: label}, Target{id, field})
}

// share notes that a field has its value from a PrimitiveNode.
func (c *converter) share(s *scope, primitive *node, id, field string) {
	if s.host != nil {
		return
	}
	name := field
	if len(primitive.outputs) > 0 && primitive.outputs[0].widget != "" {
		name = primitive.outputs[0].widget
	}
	title := primitive.title
	if title == primitiveNode {
		title = ""
	}
	c.show(shownKey{primitive, -1}, Shown{Node: primitive.id, NodeTitle: title, Name: name}, Target{id, field})
}

func (c *converter) show(key shownKey, what Shown, t Target) {
	at := c.shownAt[key]
	if at == nil {
		at = &what
		c.shownAt[key] = at
		c.shown = append(c.shown, at)
	}
	at.Targets = append(at.Targets, t)
}

// app reads the values that the author chose for App mode. Each names a node and a widget: a node of the workflow itself,
// one of its hosts, or one inside a subgraph.
func app(file *jsontree.Object, c *Converted) (chosen []Shown) {
	for _, entry := range file.Object("extra").Object("linearData").List("inputs") {
		parts, _ := entry.([]any)
		if len(parts) < 2 {
			continue
		}
		id, name := idOf(parts[0]), idOf(parts[1])
		if path := strings.Split(id, ":"); len(path) == 3 && path[2] == name { // workflow:node:widget
			id = path[1]
		}
		found := c.chosen(id, name)
		if len(found.Targets) == 0 {
			continue
		}
		if len(parts) > 2 {
			if more, ok := parts[2].(*jsontree.Object); ok {
				found.Help = more.Text("description")
			}
		}
		chosen = append(chosen, found)
	}
	return chosen
}

// chosen finds the fields that a node and a widget stand for.
func (c *Converted) chosen(id, name string) Shown {
	for _, s := range c.Shown {
		if s.Node == id && s.Name == name {
			return s
		}
	}
	out := Shown{Node: id, Name: name}
	for _, n := range c.Graph.Nodes {
		if n.ID != id && !strings.HasSuffix(n.ID, ":"+id) {
			continue
		}
		value, ok := n.Input(name)
		if _, linked := value.(graph.Link); !ok || linked {
			continue
		}
		out.Targets = append(out.Targets, Target{n.ID, name})
		for _, s := range c.Shown { // the same value may be shown on a host, with a label
			for _, t := range s.Targets {
				if t.Node == n.ID && t.Field == name {
					return s
				}
			}
		}
	}
	return out
}
