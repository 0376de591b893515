package fitness

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Notes returns what the owner of a graph should know of it although nothing keeps it from running, in words for people: results
// that would not be kept, and files that jobs would take from each other. A nil info says nothing of the classes.
func Notes(g *graph.Graph, info *objectinfo.Info) (notes []string) {
	var previews []string
	saved := false
	for i := range g.Nodes {
		n := &g.Nodes[i]
		name := graph.Name(n.ID, n.Title, n.Class)
		if prefix, ok := n.Input("filename_prefix"); ok {
			if _, linked := prefix.(graph.Link); linked {
				notes = append(notes, name+" has the name of its files from another node, so that jobs may write over each other's results: "+
					"unlink filename_prefix")
			}
		}
		if keep, _ := n.Input("save_output"); keep == false {
			notes = append(notes, name+" does not keep what it makes, because save_output is off: switch it on in the workflow")
			continue
		}
		class := info.Class(n.Class)
		switch {
		case strings.HasPrefix(n.Class, "Preview"):
			previews = append(previews, name)
		case class == nil || class.Output:
			saved = true
		}
	}
	if !saved && len(previews) > 0 {
		notes = append(notes, "nothing is kept as a result: "+previews[0]+" only shows it; add a node such as SaveImage")
	}
	return notes
}
