// Package workflowfile turns a file that somebody brought into a graph and what its author chose to show: it finds the graph
// in the file, converts the editor's format where the file has nothing else, and keeps the editor's file for ComfyUI's page.
package workflowfile

import (
	"io"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Workflow is the content of a workflow file.
type Workflow struct {
	Format graphfile.Format
	Graph  *graph.Graph
	Author form.Author
	Editor *jsontree.Object // as ComfyUI's page saved it; nil: the file has none
	// Converted says that the graph was made of Editor. Otherwise it was in the file.
	Converted bool
	// Texts names the fields that the page fills in each time it posts: editor.Resolve takes them. Of a graph that is converted there
	// are some with Options.Later alone.
	Texts []editor.Target
}

// NeedsClasses is the problem of a file that has the editor's format alone while nothing is known of ComfyUI's classes.
var NeedsClasses = graph.Problem{
	What: "it is a workflow of ComfyUI's editor, and what it becomes depends on ComfyUI's node classes, which are not known",
	Help: "try again when ComfyUI has answered, or export it with \"Export (API)\"",
}

// Open reads a workflow. A graph in API format that is in the file goes before the editor's, since it is what was run; what
// the author shows is taken from the editor's where that can be converted. Without o.Info the editor's format alone is
// refused with NeedsClasses. Errors of the file are graph.Problems; others are those of r.
func Open(r io.Reader, o editor.Options) (*Workflow, error) {
	file, err := graphfile.Read(r)
	if err != nil {
		return nil, err
	}
	return Convert(file, o)
}

// Convert is Open for a file that was read.
func Convert(file *graphfile.File, o editor.Options) (*Workflow, error) {
	w := &Workflow{Format: file.Format, Graph: file.API, Editor: file.Editor}
	if file.Editor == nil || o.Info == nil && w.Graph != nil {
		return w.authored(nil), nil
	}
	if o.Info == nil {
		return nil, graph.Problems{NeedsClasses}
	}
	converted, err := editor.Convert(file.Editor, o)
	if err != nil {
		if w.Graph != nil {
			return w.authored(nil), nil
		}
		return nil, err
	}
	w.Author = form.Author{App: converted.App, Shown: converted.Shown}
	if w.Graph != nil {
		return w.authored(converted.Graph), nil
	}
	w.Graph, w.Converted, w.Texts = converted.Graph, true, converted.Texts
	return w.authored(nil), nil
}

// authored takes the names of a run out of the graph, for which it has what the author wrote where that is known.
func (w *Workflow) authored(written *graph.Graph) *Workflow {
	if w.Graph == nil {
		return w
	}
	withOwnPrefixes(w.Graph, written)
	if !w.Converted {
		w.Texts = editor.Names(w.Graph)
	}
	return w
}
