package editor

import (
	"slices"
	"strconv"
	"strings"
)

// proxyWidgets is the property in which files of older pages list the widgets that a subgraph shows on its outside.
const proxyWidgets = "proxyWidgets"

// promote gives every host the values that it holds for widgets inside its subgraph. Inner subgraphs come first, since an
// outer one can show what an inner one shows.
func (d *document) promote() {
	for _, l := range d.innerFirst() {
		for _, n := range l.nodes {
			if definition := d.definition(n.class); definition != nil {
				d.readHostValues(n, definition)
				d.readProxies(n, definition)
			}
		}
	}
}

// readHostValues deals widgets_values out to the inputs that end in a widget.
func (d *document) readHostValues(host *node, definition *definition) {
	host.promoted, host.held = map[int]any{}, map[int]int{}
	at := 0
	for k := range definition.inputs {
		if at >= len(host.values) {
			return
		}
		if d.endsInWidget(definition, k) {
			host.promoted[k], host.held[k] = host.values[at], at
			at++
		}
	}
}

// endsInWidget tells whether an input leads to a widget inside its subgraph.
func (d *document) endsInWidget(definition *definition, k int) bool {
	_, _, ok := d.initial(definition, k)
	return ok
}

// initial is the value that an input of a subgraph has until a host sets it, and where that stands: on the first widget it leads to.
func (d *document) initial(definition *definition, k int) (value any, at place, ok bool) {
	const most = 1_000_000
	if d.looked++; d.looked > most {
		return nil, at, false // no workflow of a person looks like this
	}
	for _, t := range definition.targets(k) {
		if inner := d.definition(t.node.class); inner != nil {
			i := hostInput(t, inner)
			if value, at, ok = d.initial(inner, i); ok {
				if held, ok := t.node.promoted[i]; ok {
					value, at = held, t.node.heldAt(inner, i)
				}
				return value, at, true
			}
			continue
		}
		if w := t.node.widgetOf(t.socket); w != nil {
			return w.value, t.node.place(w), true
		}
	}
	return nil, at, false
}

// hostInput is the number of the input that a host's socket belongs to, -1 when there is none.
func hostInput(t target, d *definition) int {
	t.node.hostSocket(d, 0) // matches them
	return slices.Index(t.node.sockets, t.socket)
}

// readProxies reads the list of promoted widgets, whose values stand in widgets_values in the same order. What was not yet
// an input of the subgraph becomes one, for all its hosts. What has a value there goes before what its position gives.
func (d *document) readProxies(host *node, definition *definition) {
	for i, entry := range host.properties.List(proxyWidgets) {
		pair, _ := entry.([]any)
		if len(pair) < 2 {
			continue
		}
		name, _ := pair[1].(string)
		k := d.proxyInput(definition, idOf(pair[0]), name)
		if k >= 0 && i < len(host.values) && host.values[i] != nil {
			host.promoted[k], host.held[k] = host.values[i], i
		}
	}
}

// proxyInput finds or makes the input of a subgraph that leads to a widget inside it; -1 when there is no such widget.
func (d *document) proxyInput(definition *definition, id, name string) int {
	if strings.HasPrefix(name, "$$") { // the preview of an inner node
		return -1
	}
	if id == "-1" {
		for k, p := range definition.inputs {
			if p.name == name {
				return k
			}
		}
		return -1
	}
	n := definition.byID[id]
	if n == nil {
		return -1
	}
	if prefix, rest, ok := strings.Cut(name, ": "); ok && n.socketFor(d, name) == nil {
		if _, err := strconv.Atoi(prefix); err == nil {
			name = rest
		}
	}
	var sockets []target
	if n.class == primitiveNode {
		sockets = definition.primitiveTargets(n)
	} else if s := n.socketFor(d, name); s != nil {
		sockets = []target{{n, s}}
	}
	if len(sockets) == 0 {
		return -1
	}
	if n.class != primitiveNode {
		if l := definition.links[sockets[0].socket.link]; l != nil && l.origin == inputEdge {
			return l.originSlot
		} else if l != nil {
			return -1 // it gets its value inside
		}
	}
	return definition.newInput(name, sockets)
}

// socketFor returns the socket of a node's widget, which is made where the file has none; nil when there is no such widget.
func (n *node) socketFor(d *document, name string) *socket {
	if inner := d.definition(n.class); inner != nil {
		for k, p := range inner.inputs {
			if p.name == name && d.endsInWidget(inner, k) {
				if s := n.hostSocket(inner, k); s != nil {
					return s
				}
				s := &socket{name: name, kind: p.kind, widget: name}
				n.inputs, n.sockets = append(n.inputs, s), nil
				return s
			}
		}
		return nil
	}
	w := n.widget(name)
	if w == nil {
		return nil
	}
	if s := n.input(name); s != nil {
		return s
	}
	s := &socket{name: name, kind: "*", widget: name}
	if w.input != nil {
		s.kind = w.input.Type
	}
	n.inputs = append(n.inputs, s)
	return s
}

// newInput gives the subgraph one more input that leads to the sockets.
func (d *definition) newInput(name string, sockets []target) int {
	k := len(d.inputs)
	p := port{name: name, kind: sockets[0].socket.kind}
	for i, t := range sockets {
		id := "promoted " + strconv.Itoa(k) + "." + strconv.Itoa(i)
		d.links[id] = &link{id: id, origin: inputEdge, originSlot: k, target: t.node.id}
		t.socket.link = id
		p.links = append(p.links, id)
	}
	d.inputs = append(d.inputs, p)
	return k
}

// innerFirst are the layouts in an order in which a subgraph comes before whatever holds a host of it.
func (d *document) innerFirst() (order []*layout) {
	done := map[*layout]bool{}
	var visit func(l *layout)
	visit = func(l *layout) {
		if done[l] {
			return
		}
		done[l] = true
		for _, n := range l.nodes {
			if inner := d.definition(n.class); inner != nil {
				visit(inner.layout)
			}
		}
		order = append(order, l)
	}
	for _, definition := range d.definitions {
		visit(definition.layout)
	}
	visit(d.layout)
	return order
}
