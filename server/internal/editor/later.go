package editor

import (
	"regexp"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

// illegal are characters that a file name must not have on every system. A slash makes a folder.
var illegal = regexp.MustCompile(`[<>:"\\|?*\x00-\x1f\x7f]`)

// textsLeft are the texts of nodes that are exported and are still there.
func (c *converter) textsLeft() []Target {
	there := graph.New(c.nodes)
	return slices.DeleteFunc(c.texts, func(t Target) bool {
		value, _ := there.Node(t.Node).Input(t.Field)
		_, isText := value.(string)
		return !isText
	})
}

// Names are the file names in a graph in API format that hold tokens: the page resolves them before it exports, so that
// they stand only in graphs that were written otherwise.
func Names(g *graph.Graph) (found []Target) {
	for _, n := range g.Nodes {
		if value, ok := n.Input(prefixWidget); ok && prefixed[n.Class] {
			if text, ok := value.(string); ok && token.MatchString(text) {
				found = append(found, Target{n.ID, prefixWidget})
			}
		}
	}
	return found
}

// Resolve returns the graph with the texts of some fields as the page would post them at a moment: names of files have
// their tokens filled in, in others one of {a|b} is picked and comments are taken out. A date gets no character that a file
// name cannot have. The graph itself is not changed; random is as in Options.
func Resolve(g *graph.Graph, texts []Target, now time.Time, random func() float64) *graph.Graph {
	if random == nil {
		random = first
	}
	nodes := slices.Clone(g.Nodes)
	index := map[string]int{}
	named := map[string]*graph.Node{}
	for i := range nodes {
		index[nodes[i].ID] = i
	}
	for _, nameOf := range []func(*graph.Node) string{
		func(n *graph.Node) string { return n.Class },
		func(n *graph.Node) string { return n.Title },
	} {
		for i := range g.Nodes {
			if name := nameOf(&g.Nodes[i]); named[name] == nil {
				named[name] = &g.Nodes[i]
			}
		}
	}
	date := func(format string) string { return illegal.ReplaceAllString(formatDate(format, now), "_") }
	value := func(node, name string) (any, bool) {
		n := named[node]
		if n == nil {
			return nil, false
		}
		value, ok := n.Input(name)
		_, linked := value.(graph.Link)
		return value, ok && !linked
	}
	for _, t := range texts {
		i, ok := index[t.Node]
		if !ok {
			continue
		}
		n := &nodes[i]
		n.Inputs = slices.Clone(n.Inputs)
		for j, in := range n.Inputs {
			text, ok := in.Value.(string)
			switch {
			case !ok || in.Name != t.Field:
			case t.Field == prefixWidget && prefixed[n.Class]:
				n.Inputs[j].Value = replaceTokens(text, date, value)
			default:
				n.Inputs[j].Value = dynamicPrompt(text, random)
			}
		}
	}
	return graph.New(nodes)
}
