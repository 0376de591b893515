package editor

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// origin tells where in the file the parts of a graph stand.
type origin struct {
	file   *jsontree.Object
	stands map[Target][]place            // of fields whose value is not linked
	bodies map[*jsontree.Object][]string // ids of the exported nodes, by their node in the file
}

func newOrigin(file *jsontree.Object) origin {
	return origin{file, map[Target][]place{}, map[*jsontree.Object][]string{}}
}

// place names the position of a value in widgets_values of a node; without a node: none that could be told.
type place struct {
	node *node
	at   int
	name string // in widgets_values_named
}

func (n *node) at(i int, name string) place {
	if n.body == nil || n.keyed || i < 0 {
		return place{}
	}
	return place{n, i, name}
}

// place returns the position of the value of the node's own widget. What chooses which other widgets the node has is given none.
func (n *node) place(w *widget) place {
	if w.input != nil && w.input.Widget == objectinfo.DynamicCombo {
		return place{}
	}
	return n.at(w.at, w.name)
}

// places are those of the widget, and of the PrimitiveNode that it has its value from.
func (n *node) places(w *widget) []place {
	if w.primitive != nil {
		return []place{w.primitive.at(0, "value"), n.place(w)}
	}
	return []place{n.place(w)}
}

// shownAt are the places of a value that comes from outside. The page reads the position of a choice off the node itself.
func (n *node) shownAt(in *socket, outside place) []place {
	if w := n.widgetOf(in); w != nil && n.class == customCombo {
		return append(n.places(w), outside)
	}
	return []place{outside}
}

// heldAt returns the position at which a host holds the value of an input of its definition.
func (n *node) heldAt(d *definition, k int) place {
	at, ok := n.held[k]
	if !ok {
		return place{}
	}
	return n.at(at, d.inputs[k].name)
}

// WithValues returns the file with the values of a graph that was posted in its widgets, as ComfyUI's page has them when it posts: so the
// page shows what was run. Nodes that the whole graph has and the posted one has not are muted. The file itself is not changed. What stays
// as it is: names of files, values that one widget would have to show for several nodes that differ, and whatever the file does not tell.
func (c *Converted) WithValues(posted, whole *graph.Graph) *jsontree.Object {
	r := rewriting{edits: map[*jsontree.Object]*edit{}}
	for key, value := range c.changes(posted) {
		e := r.edit(key.node.body)
		e.values[key.at], e.named[key.name], e.node = value, value, key.node
	}
	for body, ids := range c.bodies {
		if body != nil && !slices.ContainsFunc(ids, func(id string) bool { return posted.Node(id) != nil || whole.Node(id) == nil }) {
			r.edit(body).muted = true
		}
	}
	if len(r.edits) == 0 {
		return c.file
	}
	out := r.layout(c.file)
	return with(out, "definitions", func(definitions *jsontree.Object) any {
		return with(definitions, "subgraphs", func(subgraphs []any) any { return mapObjects(subgraphs, r.layout) })
	})
}

// changes are the places whose values were posted differently.
func (c *Converted) changes(posted *graph.Graph) map[place]any {
	dynamic := map[Target]bool{}
	for _, t := range c.Texts {
		dynamic[t] = true
	}
	wanted, changed, torn := map[place]any{}, map[place]bool{}, map[place]bool{}
	for _, n := range c.Graph.Nodes {
		run := posted.Node(n.ID)
		if run == nil || run.Class != n.Class {
			continue
		}
		for _, in := range n.Inputs {
			target := Target{n.ID, in.Name}
			value, ok := run.Input(in.Name)
			if !ok || in.Name == prefixWidget || !scalar(value) || !scalar(in.Value) {
				continue
			}
			same := sameValue(in.Value, value)
			if text, is := value.(string); is && dynamic[target] && !same {
				value = literal(text)
			}
			for _, p := range c.stands[target] {
				if p.node == nil {
					continue
				}
				before, asked := wanted[p]
				torn[p] = torn[p] || asked && !sameValue(before, value)
				changed[p] = changed[p] || !same
				wanted[p] = value
			}
		}
	}
	for p := range wanted {
		if torn[p] || !changed[p] {
			delete(wanted, p)
		}
	}
	return wanted
}

func scalar(value any) bool {
	switch value.(type) {
	case graph.Link, *jsontree.Object, []any:
		return false
	}
	return true
}

func sameValue(a, b any) bool {
	x, isNumber := jsontree.Float(a)
	if y, both := jsontree.Float(b); isNumber && both {
		return x == y
	}
	return string(jsontree.Append(nil, a)) == string(jsontree.Append(nil, b))
}

// literal returns a text that comes out of the page as the given one, where there is such a thing.
func literal(text string) string {
	if escaped := escape.Replace(text); dynamicPrompt(text, first) != text && dynamicPrompt(escaped, first) == text {
		return escaped
	}
	return text
}

// edit holds the changes of a node of the file.
type edit struct {
	node   *node
	values map[int]any
	named  map[string]any
	muted  bool
}

type rewriting struct{ edits map[*jsontree.Object]*edit }

func (r rewriting) edit(body *jsontree.Object) *edit {
	if r.edits[body] == nil {
		r.edits[body] = &edit{values: map[int]any{}, named: map[string]any{}}
	}
	return r.edits[body]
}

// layout returns the workflow itself or a subgraph with its nodes as they are to be.
func (r rewriting) layout(body *jsontree.Object) *jsontree.Object {
	return with(body, "nodes", func(nodes []any) any { return mapObjects(nodes, r.node) })
}

func (r rewriting) node(body *jsontree.Object) *jsontree.Object {
	e := r.edits[body]
	if e == nil {
		return body
	}
	if e.muted {
		body = put(body, "mode", modeMuted)
	}
	if len(e.values) == 0 {
		return body
	}
	body = with(body, "widgets_values_named", func(named *jsontree.Object) any {
		for name, value := range e.named {
			named = put(named, name, value)
		}
		return named
	})
	return put(body, "widgets_values", e.into(body.List("widgets_values")))
}

// into returns widgets_values with the new ones. Where the file's end too early those of the widgets before stand as they were taken.
func (e *edit) into(values []any) []any {
	values = slices.Clone(values)
	for at := range e.values {
		for len(values) <= at {
			values = append(values, e.node.valueAt(len(values)))
		}
	}
	for at, value := range e.values {
		values[at] = value
	}
	return values
}

func (n *node) valueAt(i int) any {
	for _, w := range n.widgets {
		if w.at != i {
			continue
		}
		if w.name == "control_after_generate" {
			return "randomize" // as on a fresh node
		}
		if w.value != any(undefined{}) {
			return w.value
		}
	}
	return nil
}

// with returns the object with another value at a key, if there is one of that kind.
func with[V any](o *jsontree.Object, key string, change func(V) any) *jsontree.Object {
	if o == nil {
		return nil
	}
	out := &jsontree.Object{Members: slices.Clone(o.Members)}
	for i, m := range out.Members {
		if value, ok := m.Value.(V); ok && m.Key == key {
			out.Members[i].Value = change(value)
		}
	}
	return out
}

// put returns the object with a value at a key.
func put(o *jsontree.Object, key string, value any) *jsontree.Object {
	out := &jsontree.Object{Members: slices.DeleteFunc(slices.Clone(o.Members), func(m jsontree.Member) bool { return m.Key == key })}
	out.Members = append(out.Members, jsontree.Member{Key: key, Value: value})
	return out
}

func mapObjects(list []any, change func(*jsontree.Object) *jsontree.Object) []any {
	list = slices.Clone(list)
	for i, value := range list {
		if o, ok := value.(*jsontree.Object); ok {
			list[i] = change(o)
		}
	}
	return list
}
