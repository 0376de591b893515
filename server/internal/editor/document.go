package editor

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Modes of a node; 1 and 3 count as 0.
const (
	modeMuted    = 2
	modeBypassed = 4
)

// Ids of the two nodes of a subgraph that stand for its edges.
const (
	inputEdge  = "-10"
	outputEdge = "-20"
)

// document is a workflow as the editor keeps it. The passes of a conversion change it in place.
type document struct {
	*layout
	definitions []*definition // in the order of the file
	byClass     map[string]*definition
	lastNodeID  int
	looked      int              // how often the way to a widget was looked for
	groupNodes  *jsontree.Object // of old files
}

// layout is the nodes and links of the workflow itself or of a subgraph.
type layout struct {
	name  string // of the subgraph; empty: the workflow itself
	nodes []*node
	links map[string]*link
	byID  map[string]*node // made by index
}

// definition is a subgraph. Any number of nodes, its hosts, stand for it.
type definition struct {
	*layout
	id      string
	inputs  []port
	outputs []port
}

// port is an input or output of a subgraph.
type port struct {
	name, label, kind string
	links             []string
}

type node struct {
	id         string
	class      string
	title      string
	mode       int
	inputs     []*socket
	outputs    []*socket
	body       *jsontree.Object // in the file; nil: it does not stand there as it is
	values     []any            // widgets_values; numbers are float64
	keyed      bool             // widgets_values is an object, whose positions hold nothing
	properties *jsontree.Object

	// Made by the passes:
	widgets  []*widget // in their order
	allowed  func(input string) bool
	promoted map[int]any // of a host: the value of an input of its definition
	held     map[int]int // of a host: where in values that stands
	sockets  []*socket   // of a host, by the inputs of its definition
}

// socket is an input or output of a node.
type socket struct {
	name, label, kind string
	widget            string   // the widget that this input is for
	link              string   // of an input; empty: none
	links             []string // of an output
}

type link struct {
	id         string
	origin     string
	originSlot int
	target     string
}

// layouts are the workflow itself and its subgraphs.
func (d *document) layouts() []*layout {
	all := []*layout{d.layout}
	for _, definition := range d.definitions {
		all = append(all, definition.layout)
	}
	return all
}

// definition returns the subgraph that nodes of a class stand for, nil when they stand for none.
func (d *document) definition(class string) *definition { return d.byClass[class] }

func (d *document) define(added *definition) {
	d.definitions = append(d.definitions, added)
	if d.byClass == nil {
		d.byClass = map[string]*definition{}
	}
	if d.byClass[added.id] == nil {
		d.byClass[added.id] = added
	}
}

// index makes nodes findable after ids have changed.
func (l *layout) index() {
	l.byID = make(map[string]*node, len(l.nodes))
	for _, n := range l.nodes {
		l.byID[n.id] = n
	}
}

// input returns the socket with a name that a node of its own or of its widget has.
func (n *node) input(name string) *socket {
	for _, s := range n.inputs {
		if s.name == name || s.widget == name {
			return s
		}
	}
	return nil
}

// hostSocket returns the socket of a host that belongs to input k of its definition: the one with its name, and where
// several share the name, the one that comes as late among them.
func (n *node) hostSocket(d *definition, k int) *socket {
	if len(n.sockets) != len(d.inputs) {
		n.matchSockets(d)
	}
	if k < 0 || k >= len(n.sockets) {
		return nil
	}
	return n.sockets[k]
}

func (n *node) matchSockets(d *definition) {
	byName := map[string][]*socket{}
	for _, s := range n.inputs {
		byName[s.name] = append(byName[s.name], s)
	}
	n.sockets = make([]*socket, len(d.inputs))
	for k, p := range d.inputs {
		if same := byName[p.name]; len(same) > 0 {
			n.sockets[k], byName[p.name] = same[0], same[1:]
		}
	}
}

// targets are the inputs that the links of input k of a subgraph lead to, in order.
func (d *definition) targets(k int) (found []target) {
	if k < 0 || k >= len(d.inputs) {
		return nil
	}
	for _, id := range d.inputs[k].links {
		l := d.links[id]
		if l == nil || l.origin != inputEdge {
			continue
		}
		if n := d.byID[l.target]; n != nil {
			for _, s := range n.inputs {
				if s.link == id {
					found = append(found, target{n, s})
				}
			}
		}
	}
	return found
}

// target is an input of a node.
type target struct {
	node   *node
	socket *socket
}

// widget returns the node's widget with a name, nil when it has none.
func (n *node) widget(name string) *widget {
	i := slices.IndexFunc(n.widgets, func(w *widget) bool { return w.name == name && w.exported })
	if i < 0 {
		return nil
	}
	return n.widgets[i]
}

// widgetOf returns the widget that a socket stands for, nil when it stands for none.
func (n *node) widgetOf(s *socket) *widget {
	if s.widget != "" {
		return n.widget(s.widget)
	}
	return n.widget(s.name)
}
