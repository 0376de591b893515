package workflowfile

import (
	"regexp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

// prefixField begins the names of the files that a node writes.
const prefixField = "filename_prefix"

// ofRun matches a prefix that a job of this service was run with: the author's own, and behind it the name of the run.
var ofRun = regexp.MustCompile(
	`^(?:(.*)/)?[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?:-[0-9a-f]{1,8})?(?:-[0-9]+)?$`)

// withOwnPrefixes gives nodes of a graph that was run the prefixes of its author again, so that a result that is brought in is the workflow
// that it was made with, and not one that writes below the name of a run. The editor's file, where it became a graph, has them as they
// were written; nil: it has not.
func withOwnPrefixes(run, written *graph.Graph) {
	for i := range run.Nodes {
		n := &run.Nodes[i]
		for k, in := range n.Inputs {
			prefix, is := in.Value.(string)
			if !is || in.Name != prefixField || !ofRun.MatchString(prefix) {
				continue
			}
			for ofRun.MatchString(prefix) { // more than one: of a time when this was not done
				prefix = ofRun.FindStringSubmatch(prefix)[1]
			}
			if author := writtenPrefix(written, n); author != "" {
				prefix = author
			}
			n.Inputs[k].Value = prefix
		}
	}
}

// writtenPrefix is the prefix of the same node in another graph; empty: there is none that is a text.
func writtenPrefix(in *graph.Graph, n *graph.Node) string {
	if in == nil {
		return ""
	}
	same := in.Node(n.ID)
	if same == nil || same.Class != n.Class {
		return ""
	}
	value, _ := same.Input(prefixField)
	prefix, is := value.(string)
	if !is || ofRun.MatchString(prefix) {
		return ""
	}
	return prefix
}
