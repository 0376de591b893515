package editor

import (
	"fmt"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// export writes the nodes of a scope and of all scopes in it.
func (c *converter) export(s *scope) error {
	if c.scopes++; c.scopes > graph.MaxNodes {
		return graph.Problems{graph.TooLarge(c.scopes)}
	}
	for _, n := range s.nodes {
		off := n.mode == modeMuted || n.mode == modeBypassed
		if d := c.document.definition(n.class); d != nil {
			// The page leaves out what lies in a host that is off in the workflow itself, but not what lies in one that is
			// off in another subgraph.
			if off && s.host == nil {
				continue
			}
			if err := c.export(s.within(n, d)); err != nil {
				return err
			}
			continue
		}
		if off || n.class == primitiveNode || n.class == rerouteNode || notes[n.class] || c.setGet(n) {
			continue
		}
		if len(c.nodes) == graph.MaxNodes {
			return graph.Problems{graph.TooLarge(graph.MaxNodes + 1)}
		}
		if c.options.Info.Class(n.class) == nil {
			c.missing(s, n)
			continue
		}
		exported, err := c.node(s, n)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, exported)
		c.bodies[n.body] = append(c.bodies[n.body], exported.ID)
	}
	return nil
}

// node exports one node: first its own values, then whatever is linked in their place.
func (c *converter) node(s *scope, n *node) (graph.Node, error) {
	out := graph.Node{ID: s.path + n.id, Class: n.class, Title: c.title(n)}
	texts := len(c.texts)
	at := map[string]int{}
	set := func(name string, value any, from ...place) {
		i, ok := at[name]
		if !ok {
			i = len(out.Inputs)
			at[name] = i
			out.Inputs = append(out.Inputs, graph.Input{Name: name})
		}
		out.Inputs[i].Value = value
		c.stands[Target{out.ID, name}] = from
	}
	for _, w := range n.widgets {
		if !w.exported {
			continue
		}
		if value := c.own(n, w, out.ID); value != any(undefined{}) {
			set(w.name, wrapped(value), n.places(w)...)
		}
		if w.primitive != nil {
			c.share(s, w.primitive, out.ID, w.name)
		}
	}
	for _, in := range n.inputs {
		if in.widget != "" && n.widget(in.widget) == nil || n.allowed != nil && !n.allowed(in.name) {
			continue
		}
		found, err := c.resolve(s, n, in)
		if err != nil {
			return graph.Node{}, err
		}
		if found != nil { // the page leaves texts alone that come from elsewhere
			c.texts = append(c.texts[:texts], slices.DeleteFunc(c.texts[texts:], func(t Target) bool { return t.Field == in.name })...)
		}
		switch {
		case found == nil:
		case found.link.Node != "":
			set(in.name, found.link)
		case found.value != any(undefined{}):
			set(in.name, wrapped(found.value), n.shownAt(in, found.at)...)
			c.expose(found.shown, out.ID, in.name)
		}
	}
	return out, nil
}

// own is the value of a widget on its node, as the page sends it.
func (c *converter) own(n *node, w *widget, id string) any {
	text, ok := w.value.(string)
	dynamic := w.input != nil && w.input.DynamicPrompt
	if !ok || !dynamic && (w.name != prefixWidget || !prefixed[n.class]) {
		return w.value
	}
	c.texts = append(c.texts, Target{id, w.name})
	switch {
	case c.options.Later:
		return text
	case dynamic:
		return dynamicPrompt(text, c.options.Random)
	}
	return c.replaceTokens(text)
}

// wrapped marks lists, which ComfyUI would take for links.
func wrapped(value any) any {
	if list, ok := value.([]any); ok {
		return &jsontree.Object{Members: []jsontree.Member{{Key: "__value__", Value: list}}}
	}
	return value
}

// dropDangling takes out links to nodes that are not exported.
func (c *converter) dropDangling() {
	there := map[string]bool{}
	for _, n := range c.nodes {
		there[n.ID] = true
	}
	for i := range c.nodes {
		kept := c.nodes[i].Inputs[:0]
		for _, in := range c.nodes[i].Inputs {
			if link, ok := in.Value.(graph.Link); !ok || there[link.Node] {
				kept = append(kept, in)
			}
		}
		c.nodes[i].Inputs = kept
	}
}

// missing notes that ComfyUI does not know the class of a node.
func (c *converter) missing(s *scope, n *node) {
	what := fmt.Sprintf("ComfyUI has no class %q", n.class)
	help := "install the pack of custom nodes that has it, update ComfyUI, or mute the node in the workflow"
	if pack := packOf(n.properties); pack == "comfy-core" {
		help = "it belongs to ComfyUI itself: update ComfyUI"
	} else if pack != "" {
		help = fmt.Sprintf("install the pack of custom nodes %s, or mute the node in the workflow", pack)
	}
	c.problems = append(c.problems, c.problem(s, n, what, help))
}

// packOf is the pack of custom nodes that a node comes from, as the file says it.
func packOf(properties *jsontree.Object) string {
	for _, key := range []string{"cnr_id", "aux_id"} {
		if id := properties.Text(key); id != "" {
			return id
		}
	}
	return ""
}

func (c *converter) problem(s *scope, n *node, what, help string) graph.Problem {
	return graph.Problem{Node: s.path + n.id, Title: n.title, Class: n.class, What: what, Help: help}
}

// title gives the name that the page shows above a node.
func (c *converter) title(n *node) string {
	if n.title != "" {
		return n.title
	}
	if class := c.options.Info.Class(n.class); class != nil && class.DisplayName != "" {
		return class.DisplayName
	}
	return n.class
}
