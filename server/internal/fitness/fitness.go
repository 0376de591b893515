// Package fitness tells what keeps a ComfyUI from running a graph: node classes, models and files that it does not have, and
// values that it does not take. It asks nobody: what the ComfyUI has is told to it.
package fitness

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Problem is one thing that keeps a graph from running.
type Problem struct {
	Kind      Kind
	Text      string // for people: the node, what is wrong and what to do
	NodeID    string // empty: the graph as a whole
	NodeTitle string // its author's, else its class
	Class     string
	Field     string // of the node; empty: the node as a whole
	File      string // that is missing, as the graph names it
	Folder    string // below ComfyUI's models that a missing model belongs into; empty: not known
	Nearest   string // the most similar of what is offered instead; empty: nothing is
	Pack      string // node pack that has a missing class, as the workflow's file says (see Hints)
	URL       string // where a missing model can be fetched, as the file says
	Bytes     int64  // size of a missing model, as the file says; 0: it does not
}

// Kind is the kind of a problem.
type Kind string

// The kinds.
const (
	MissingClass    Kind = "missing class"
	MissingModel    Kind = "missing model"
	ValueNotOffered Kind = "value not offered"
	MissingFile     Kind = "missing file"
	BadResult       Kind = "bad result" // it was run, and left nothing that can be used; Check finds none
	Other           Kind = "other"
)

// Check returns what keeps a ComfyUI with these classes from running the graph, in the order of the graph; nothing when it can.
// ComfyUI looks for the class of every node, but at the values of those only whose result an output needs.
func Check(g *graph.Graph, info *objectinfo.Info) []Problem {
	var found []Problem
	var outputs []string
	for i := range g.Nodes {
		n := &g.Nodes[i]
		class := info.Class(n.Class)
		if class == nil {
			found = append(found, about(n, Problem{
				Kind: MissingClass,
				Text: "is of a class that this ComfyUI does not have: update ComfyUI, or install the node pack that has it",
			}))
		}
		if class == nil || class.Output {
			outputs = append(outputs, n.ID)
		}
	}
	if len(outputs) == 0 {
		found = append(found, Problem{Kind: Other, Text: "no node of the graph saves anything: it needs one such as SaveImage"})
	}
	needed := needs(g, outputs)
	for i := range g.Nodes {
		if n := &g.Nodes[i]; needed[n.ID] {
			found = append(found, values(n, info.Class(n.Class))...)
		}
	}
	return found
}

// about completes a problem of a node.
func about(n *graph.Node, p Problem) Problem {
	p.Text = graph.Name(n.ID, n.Title, n.Class) + " " + p.Text
	p.NodeID, p.NodeTitle, p.Class = n.ID, n.Title, n.Class
	if p.NodeTitle == "" {
		p.NodeTitle = n.Class
	}
	return p
}

// needs are the nodes whose results go into the given ones, and these.
func needs(g *graph.Graph, from []string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		n := g.Node(from[len(from)-1])
		from = from[:len(from)-1]
		if n == nil || seen[n.ID] {
			continue
		}
		seen[n.ID] = true
		for _, in := range n.Inputs {
			if link, ok := in.Value.(graph.Link); ok {
				from = append(from, link.Node)
			}
		}
	}
	return seen
}

// input finds what the class says of a node's field. Fields that a choice brings along are those of the choice that is made.
func input(n *graph.Node, all []*objectinfo.Input, path, name string) *objectinfo.Input {
	for _, in := range all {
		full := path + in.Name
		if full == name {
			return in
		}
		if !strings.HasPrefix(name, full+".") {
			continue
		}
		if in.Autogrow != nil {
			return in.Autogrow.Input
		}
		made, _ := n.Input(full)
		if option := in.Option(text(made)); option != nil {
			return input(n, option.Inputs, full+".", name)
		}
	}
	return nil
}

// values are the problems of the values that stand on a node.
func values(n *graph.Node, class *objectinfo.Class) (found []Problem) {
	if class == nil {
		return nil
	}
	for _, in := range n.Inputs {
		spec := input(n, class.Inputs, "", in.Name)
		if _, linked := in.Value.(graph.Link); linked || spec == nil {
			continue
		}
		if p, wrong := refuses(n.Class, spec, in.Name, in.Value); wrong {
			p.Field = in.Name
			found = append(found, about(n, p))
		}
	}
	return found
}
