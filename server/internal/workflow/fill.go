package workflow

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Fill returns the graph for one run, in API format. Values that the form does not have are left out; what has no value stays as
// it is in the graph. name ends the names of the files that the run writes. It must be its own for each run: ComfyUI answers an
// unchanged node from its cache, with the old file. now and random are for what the page fills in when it posts, as in
// editor.Options.
func (o Offer) Fill(values Values, name string, now time.Time, random func() float64) json.RawMessage {
	nodes := slices.Clone(o.Graph.Nodes)
	for i := range nodes {
		nodes[i].Inputs = slices.Clone(nodes[i].Inputs)
	}
	g := graph.New(nodes)
	var emptied []form.Target
	for i := range o.Form.Inputs {
		in := &o.Form.Inputs[i]
		value, given := values[in.Name]
		if !given {
			continue
		}
		if value == (File{}) {
			emptied = append(emptied, in.Targets...)
			continue
		}
		for _, t := range in.Targets {
			if n := g.Node(t.Node); n != nil {
				set(n, in, t, value)
			}
		}
	}
	if len(emptied) > 0 {
		g = o.without(g, emptied)
	}
	g = editor.Resolve(g, o.texts, now, random)
	for i := range g.Nodes {
		n := &g.Nodes[i]
		n.Inputs = slices.Clone(n.Inputs)
		for j, in := range n.Inputs {
			if prefix, ok := in.Value.(string); ok && in.Name == prefixField {
				n.Inputs[j].Value = ownPrefix(prefix, name)
			}
		}
	}
	return encode(g)
}

// Page returns the workflow as ComfyUI's page would save it at a run, so that results open there with the author's own layout and with what
// was run: its widgets have the values of the posted graph, in API format. Where that cannot be, it is the file that was brought; nil: that
// has none.
func (o Offer) Page(posted json.RawMessage) json.RawMessage {
	if o.Version.Editor == nil {
		return nil
	}
	if o.page != nil {
		if run, err := readGraph(posted); err == nil {
			return encode(o.page.WithValues(run, o.Graph))
		}
	}
	return encode(o.Version.Editor)
}

func set(n *graph.Node, in *form.Input, t form.Target, value Value) {
	for i := range n.Inputs {
		if n.Inputs[i].Name == t.Field {
			n.Inputs[i].Value = posted(in, t, n.Inputs[i].Value, value)
		}
	}
}

// posted returns a value as the graph has it. own is the one that stands there.
func posted(in *form.Input, t form.Target, own any, value Value) any {
	switch value := value.(type) {
	case Integer:
		return json.Number(strconv.FormatInt(int64(value), 10))
	case Seed:
		return json.Number(strconv.FormatUint(uint64(value), 10))
	case Number:
		return float64(value)
	case Boolean:
		return bool(value)
	case File:
		return value.Input
	case Text:
		at := slices.Index(in.Choices, string(value))
		switch {
		case t.Position && at >= 0:
			return at
		case t.Position:
			return own
		case at >= 0 && at < len(in.Values):
			return in.Values[at]
		case in.Kind == form.Text && in.Role != "":
			return string(value)
		}
		return likewise(own, string(value))
	}
	return own
}

// likewise keeps a choice that is no text in the graph, such as 2 out of 1, 2 and 4, from becoming one.
func likewise(own any, value string) any {
	if _, isText := own.(string); isText {
		return value
	}
	if scalar, err := jsontree.Parse([]byte(value)); err == nil {
		switch scalar.(type) {
		case json.Number, bool:
			return scalar
		}
	}
	return value
}

// without takes nodes out of the graph that have no file, and with each what needs it: inputs that may be empty stay so, and a
// node that cannot do without goes too.
func (o Offer) without(g *graph.Graph, emptied []form.Target) *graph.Graph {
	gone := map[string]bool{}
	for _, t := range emptied {
		gone[t.Node] = true
	}
	needs := func(n *graph.Node, field string) bool {
		class := o.info.Class(n.Class)
		if class == nil {
			return true
		}
		spec := class.Input(field)
		return spec == nil || spec.Required
	}
	for grown := true; grown; {
		grown = false
		for i := range g.Nodes {
			n := &g.Nodes[i]
			for _, in := range n.Inputs {
				if link, ok := in.Value.(graph.Link); ok && gone[link.Node] && !gone[n.ID] && needs(n, in.Name) {
					gone[n.ID], grown = true, true
				}
			}
		}
	}
	var kept []graph.Node
	for _, n := range g.Nodes {
		if gone[n.ID] {
			continue
		}
		n.Inputs = slices.DeleteFunc(slices.Clone(n.Inputs), func(in graph.Input) bool {
			link, ok := in.Value.(graph.Link)
			return ok && gone[link.Node]
		})
		kept = append(kept, n)
	}
	return graph.New(kept)
}

// prefixField begins the names of the files that a node writes.
const prefixField = "filename_prefix"

func ownPrefix(prefix, name string) string {
	return path.Join(strings.ReplaceAll(prefix, `\`, "/"), name)
}

// Writer is a node that writes files whose names are the run's own.
type Writer struct {
	NodeID string
	Class  string
	// Prefix begins the names, relative to the output folder with forward slashes. ComfyUI adds a number and the extension.
	Prefix string
}

// Writers returns the nodes that write files under the name of a run, sorted by id. Nodes that get the beginning of their files'
// names from another node are not among them. Tokens such as %date% stand in prefixes as they do in the graph.
func (v *Version) Writers(name string) []Writer {
	var writers []Writer
	for _, n := range v.Graph.Nodes {
		value, _ := n.Input(prefixField)
		if prefix, ok := value.(string); ok {
			writers = append(writers, Writer{NodeID: n.ID, Class: n.Class, Prefix: ownPrefix(prefix, name)})
		}
	}
	slices.SortFunc(writers, func(a, b Writer) int { return strings.Compare(a.NodeID, b.NodeID) })
	return writers
}
