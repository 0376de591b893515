// Package editor converts workflows from the format of ComfyUI's editor, which is what its page saves, into the API format:
// exactly the graph that the page would send to /prompt, flaws included. It needs to know the node classes of the ComfyUI
// that the graph is for.
//
// The work is done in passes over one document: read it, turn old group nodes into subgraphs, give every node an id of its
// own, find the widgets and their values, promote values of hosts into subgraphs, write the values of PrimitiveNodes, and
// export the nodes while links are followed through whatever exists in the page alone.
package editor

import (
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Options decide the outcome of a conversion, beside the file.
type Options struct {
	Info *objectinfo.Info // required
	// Random picks among {a|b}; it returns numbers from 0 up to, not including, 1. Nil always picks the first.
	Random func() float64
	// Now is the moment for %date% in file names, in the time zone to write it in.
	Now time.Time
	// SetGet resolves SetNode and GetNode, as the page does with the extension of KJNodes, whether Info has that pack or
	// not. Otherwise they are resolved where it has, and classes that are missing elsewhere.
	SetGet bool
	// Later leaves {a|b}, comments and the tokens of file names as they are, for Resolve to do when the graph is posted.
	Later bool
}

// Converted is a graph in API format with what its author chose to show.
type Converted struct {
	Graph *graph.Graph
	// Shown are the values that the author brought to the outside: widgets of subgraphs shown on the node in the workflow
	// itself, in the order of nodes and inputs, and PrimitiveNodes.
	Shown []Shown
	// App are the values that the author chose for App mode, in that order; empty where there is no App mode.
	App []Shown
	// Texts are the fields in which the page resolves {a|b} and comments, or the tokens of file names, each time it posts.
	Texts []Target

	origin
}

// Shown is a value that stands for one or more fields of the graph.
type Shown struct {
	Node, NodeTitle string // the node in the workflow itself
	Name, Label     string // of its widget; Label is empty where the author gave none
	Help            string `json:",omitempty"` // of the author; empty: none
	Targets         []Target
}

// Target is a field of an exported node.
type Target struct {
	Node, Field string
}

type converter struct {
	document *document
	options  Options
	nodes    []graph.Node
	scopes   int // that were exported
	problems graph.Problems
	shown    []*Shown
	texts    []Target
	shownAt  map[shownKey]*Shown
	named    map[string]*node // for %Node.widget%, once it is needed
	origin
}

type shownKey struct {
	node  *node
	input int
}

// Convert makes the graph. It does not change file, and the same file and options give the same graph. Errors are
// graph.Problems: classes that ComfyUI does not have (all of them), links that lead nowhere, subgraphs that contain
// themselves, more than graph.MaxNodes nodes.
func Convert(file *jsontree.Object, o Options) (*Converted, error) {
	if o.Random == nil {
		o.Random = first
	}
	o.SetGet = o.SetGet || o.Info.HasPack("kjnodes")
	d, err := read(file)
	if err != nil {
		return nil, err
	}
	c := &converter{document: d, options: o, shownAt: map[shownKey]*Shown{}, origin: newOrigin(file)}
	c.expandGroupNodes()
	d.uniqueIDs()
	if err := d.refuseRecursion(); err != nil {
		return nil, err
	}
	for _, l := range d.layouts() {
		for _, n := range l.nodes {
			if class := o.Info.Class(n.class); class != nil {
				n.readWidgets(class)
			}
		}
	}
	d.promote()
	c.applyPrimitives()
	if err := c.export(&scope{layout: d.layout}); err != nil {
		return nil, err
	}
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	c.dropDangling()
	out := &Converted{Graph: graph.New(c.nodes), Texts: c.textsLeft(), origin: c.origin}
	for _, s := range c.shown {
		out.Shown = append(out.Shown, *s)
	}
	out.App = app(file, out)
	return out, nil
}

// maxDepth bounds how deep subgraphs may lie in each other.
const maxDepth = 64

// refuseRecursion refuses subgraphs that contain themselves or lie too deep in each other.
func (d *document) refuseRecursion() error {
	depths := map[*definition]int{}
	open := map[*definition]bool{}
	var depth func(*definition) (int, error)
	depth = func(at *definition) (int, error) {
		if open[at] {
			return 0, graph.Problems{{
				What: fmt.Sprintf("the subgraph %q contains itself", at.name),
				Help: "open the workflow in ComfyUI, take it out of itself and save the workflow again",
			}}
		}
		if known := depths[at]; known > 0 {
			return known, nil
		}
		open[at] = true
		deepest := 1
		for _, n := range at.nodes {
			if inner := d.definition(n.class); inner != nil {
				below, err := depth(inner)
				if err != nil {
					return 0, err
				}
				deepest = max(deepest, below+1)
			}
		}
		if deepest > maxDepth {
			return 0, graph.Problems{{
				What: fmt.Sprintf("subgraphs lie more than %d deep in each other", maxDepth),
				Help: "bring a simpler workflow",
			}}
		}
		open[at] = false
		depths[at] = deepest
		return deepest, nil
	}
	for _, definition := range d.definitions {
		if _, err := depth(definition); err != nil {
			return err
		}
	}
	return nil
}
