package workflow

import (
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

// ResultKind is the kind of what a node writes; empty where that is not known.
type ResultKind string

// The kinds.
const (
	ImageResult ResultKind = "image"
	VideoResult ResultKind = "video"
	AudioResult ResultKind = "audio"
	TextResult  ResultKind = "text"
	FileResult  ResultKind = "file"
)

// Output is a node that writes something.
type Output struct {
	NodeID string
	Title  string // for people
	Kind   ResultKind
}

// Outputs returns the nodes that write something, the main result first. Unless that is named it is the first in the graph that keeps a
// file; nodes of texts come after these, and nodes that only show something last. A ComfyUI of which nothing is known has none.
func (o Offer) Outputs() []Output {
	var found []Output
	shows := map[string]bool{}
	for i := range o.Graph.Nodes {
		n := &o.Graph.Nodes[i]
		class := o.info.Class(n.Class)
		if class == nil || !class.Output {
			continue
		}
		title := n.Title
		if title == "" {
			title = n.Class
		}
		shows[n.ID] = strings.HasPrefix(n.Class, "Preview")
		found = append(found, Output{n.ID, title, o.kindOf(n)})
	}
	slices.SortStableFunc(found, func(a, b Output) int { return rank(o.MainOutput, shows, a) - rank(o.MainOutput, shows, b) })
	return found
}

func rank(main string, shows map[string]bool, o Output) int {
	switch {
	case o.NodeID == main:
		return 0
	case shows[o.NodeID]:
		return 3
	case o.Kind == TextResult:
		return 2
	}
	return 1
}

// kindOf is the kind of what a node writes, by what comes into it.
func (o Offer) kindOf(n *graph.Node) ResultKind {
	name := strings.ToLower(n.Class)
	if strings.Contains(name, "video") || strings.Contains(name, "webm") {
		return VideoResult
	}
	for _, in := range n.Inputs {
		link, ok := in.Value.(graph.Link)
		if !ok {
			continue
		}
		switch o.typeOf(link) {
		case "IMAGE", "MASK":
			return ImageResult
		case "VIDEO":
			return VideoResult
		case "AUDIO":
			return AudioResult
		case "STRING", "INT", "FLOAT", "BOOLEAN":
			return TextResult
		case "":
		default:
			return FileResult
		}
	}
	return ""
}

func (o Offer) typeOf(link graph.Link) string {
	n := o.Graph.Node(link.Node)
	if n == nil {
		return ""
	}
	class := o.info.Class(n.Class)
	if class == nil || link.Slot < 0 || link.Slot >= len(class.Outputs) {
		return ""
	}
	return class.Outputs[link.Slot].Type
}
