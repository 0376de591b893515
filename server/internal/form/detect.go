package form

import (
	"cmp"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Author holds the inputs that the author of a workflow chose to show; the zero value where the file does not say.
type Author struct {
	App, Shown []editor.Shown
}

// Detect finds the form of a graph and fills it in with what ComfyUI says of it. The same arguments give the same form. With a
// nil info nothing is known of the classes, and kinds and roles come from names and values alone.
func Detect(g *graph.Graph, info *objectinfo.Info, author Author) *Form {
	return Describe(Find(g, info, author), g, info)
}

// Find finds the form of a graph as it is kept: which inputs there are and what they mean, without the ranges, choices, help
// and defaults that Describe fills in.
func Find(g *graph.Graph, info *objectinfo.Info, author Author) *Form {
	d := newDetector(g, info)
	d.collect()
	d.author(author)
	d.roles()
	d.prompts()
	d.seeds()
	form := &Form{}
	for _, f := range d.sorted() {
		form.Inputs = append(form.Inputs, d.input(f))
	}
	name(form.Inputs)
	return form
}

type detector struct {
	graph  *graph.Graph
	info   *objectinfo.Info
	live   map[string]int             // nodes that an output needs, with the distance to the nearest
	users  map[graph.Link][]user      // who takes an output
	fields []*field                   // in the order of the graph
	at     map[editor.Target]*field   // by its place
	merged map[*field][]editor.Target // more targets of a field
	plain  map[editor.Target]bool     // inputs without a widget of their own that hold a value all the same: one that is shown outside
}

// user is an input that takes an output.
type user struct {
	node *graph.Node
	name string
	spec *objectinfo.Input // nil: not known
}

// field is a value in the graph.
type field struct {
	node  *graph.Node
	name  string
	value any
	class *objectinfo.Class // nil: not known
	spec  *objectinfo.Input // nil: not known
	role  Role
	seed  bool
	app   int // place in the author's list for App mode, from 1; 0: not there
	shown int // place among the widgets that the author shows outside, from 1; 0: not there
	label string
	help  string
}

func newDetector(g *graph.Graph, info *objectinfo.Info) *detector {
	d := &detector{
		graph:  g,
		info:   info,
		live:   map[string]int{},
		users:  map[graph.Link][]user{},
		at:     map[editor.Target]*field{},
		merged: map[*field][]editor.Target{},
		plain:  map[editor.Target]bool{},
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, in := range n.Inputs {
			if link, ok := in.Value.(graph.Link); ok {
				d.users[link] = append(d.users[link], user{n, in.Name, d.spec(n, in.Name)})
			}
		}
	}
	d.reach()
	return d
}

func (d *detector) spec(n *graph.Node, name string) *objectinfo.Input {
	if class := d.info.Class(n.Class); class != nil {
		return class.Input(name)
	}
	return nil
}

// reach finds what ComfyUI would run: the nodes that an output needs. Where there is no output but one that shows texts,
// which is so in a part of a workflow, that is all of them.
func (d *detector) reach() {
	var queue []string
	for _, n := range d.graph.Nodes {
		if class := d.info.Class(n.Class); class != nil && class.Output && n.Class != "PreviewAny" {
			d.live[n.ID] = 1
			queue = append(queue, n.ID)
		}
	}
	if len(queue) == 0 {
		for _, n := range d.graph.Nodes {
			d.live[n.ID] = 1
		}
		return
	}
	for len(queue) > 0 {
		n := d.graph.Node(queue[0])
		queue = queue[1:]
		for _, in := range n.Inputs {
			link, ok := in.Value.(graph.Link)
			if ok && d.live[link.Node] == 0 && d.graph.Node(link.Node) != nil {
				d.live[link.Node] = d.live[n.ID] + 1
				queue = append(queue, link.Node)
			}
		}
	}
}

// collect lists the values of the nodes that run.
func (d *detector) collect() {
	for i := range d.graph.Nodes {
		n := &d.graph.Nodes[i]
		if d.live[n.ID] == 0 {
			continue
		}
		class := d.info.Class(n.Class)
		for _, in := range n.Inputs {
			f := &field{node: n, name: in.Name, value: in.Value, class: class, spec: d.spec(n, in.Name)}
			if kindOf(f) == "" {
				if (f.spec == nil || f.spec.Widget == "") && !isLink(f.value) {
					d.plain[editor.Target{Node: n.ID, Field: in.Name}] = true
				}
				continue
			}
			d.fields = append(d.fields, f)
			d.at[editor.Target{Node: n.ID, Field: in.Name}] = f
		}
	}
}

// author marks what the author shows. Several fields that are one value outside are one field here.
func (d *detector) author(a Author) {
	for i, s := range a.Shown {
		if f := d.join(s); f != nil && f.shown == 0 {
			f.shown = i + 1
			f.label, f.help = cmp.Or(f.label, s.Label), cmp.Or(f.help, s.Help)
		}
	}
	for i, s := range a.App {
		if f := d.join(s); f != nil && f.app == 0 {
			f.app = i + 1
			f.label, f.help = cmp.Or(f.label, s.Label), cmp.Or(f.help, s.Help)
		}
	}
}

// join makes one field of all that stand for a value, and returns it; nil when none of them can be set. Inputs that have no widget of their
// own get what the others are set to.
func (d *detector) join(s editor.Shown) (first *field) {
	var plain []editor.Target
	for _, t := range s.Targets {
		f := d.at[t]
		if d.plain[t] {
			plain = append(plain, t)
			delete(d.plain, t)
		}
		switch {
		case f == nil:
		case first == nil:
			first = f
		case f != first && sameKind(first, f):
			d.merged[first] = append(d.merged[first], t)
			d.at[t] = first
			d.fields = slices.DeleteFunc(d.fields, func(other *field) bool { return other == f })
		}
	}
	if first != nil {
		d.merged[first] = append(d.merged[first], plain...)
	}
	return first
}

func sameKind(a, b *field) bool { return kindOf(a) == kindOf(b) }

// sorted are the fields in the order in which to show them: the author's for App mode, then what is asked for first, files,
// the author's other choices, and the rest.
func (d *detector) sorted() []*field {
	rank := func(f *field) int {
		switch {
		case f.app > 0:
			return f.app
		case f.role == Prompt:
			return 1000
		case kindOf(f) == File:
			return 1001
		case f.role == NegativePrompt:
			return 1002
		case f.shown > 0 && f.role == "" && !f.seed && !withheld(f):
			return 2000 + f.shown
		case f.role != "" && f.role != SeedRole:
			return 10_000_000 + slices.Index(roleOrder, f.role)
		case f.seed:
			return 20_000_000
		}
		return 30_000_000
	}
	all := slices.Clone(d.fields)
	slices.SortStableFunc(all, func(a, b *field) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

var roleOrder = []Role{Width, Height, Frames, Seconds, FPS, Steps, Guidance, Batch}
