package graph

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Parse reads a graph in API format. Texts beside the nodes are taken for comments and left out, as are keys of a node
// that /prompt does not need. The error is Problems and names all that is wrong.
func Parse(object *jsontree.Object) (*Graph, error) {
	if len(object.Members) > MaxNodes {
		return nil, Problems{TooLarge(len(object.Members))}
	}
	var problems Problems
	if id, ok := object.Repeated(); ok {
		problems = append(problems, Problem{
			Node: id,
			What: "this id is there twice",
			Help: "give one of the two nodes an id of its own, and check which of them the links mean",
		})
	}
	var nodes []Node
	for _, m := range object.Members {
		body, isObject := m.Value.(*jsontree.Object)
		if _, comment := m.Value.(string); comment || !isObject && strings.HasPrefix(m.Key, "_") {
			continue
		}
		if !isObject {
			problems = append(problems, Problem{
				Node: m.Key,
				What: "it is " + kind(m.Value) + " where a node was expected",
				Help: "take it out of the file",
			})
			continue
		}
		n := node(m.Key, body)
		if n.Class == "" {
			problems = append(problems, Problem{
				Node:  n.ID,
				Title: n.Title,
				What:  "it has no class_type",
				Help:  "export the workflow again, or take the node out of the file",
			})
		}
		nodes = append(nodes, n)
	}
	g := New(nodes)
	if problems = append(problems, g.dangling()...); len(problems) > 0 {
		return nil, problems
	}
	if len(nodes) == 0 {
		return nil, Problems{{What: "the graph has no nodes", Help: "save the workflow again in ComfyUI and bring that file"}}
	}
	return g, nil
}

// TooLarge is the problem of a graph beyond MaxNodes.
func TooLarge(nodes int) Problem {
	return Problem{What: fmt.Sprintf("the graph has %d nodes, and at most %d are taken", nodes, MaxNodes), Help: "bring a smaller workflow"}
}

func node(id string, body *jsontree.Object) Node {
	n := Node{ID: id, Class: body.Text("class_type")}
	switch title, _ := body.Object("_meta").Get("title"); title := title.(type) {
	case string:
		n.Title = title
	case json.Number:
		n.Title = string(title)
	}
	if inputs := body.Object("inputs"); inputs != nil {
		for _, m := range inputs.Members {
			n.Inputs = append(n.Inputs, Input{m.Key, input(m.Value)})
		}
	}
	return n
}

// input tells links from values.
func input(value any) any {
	pair, ok := value.([]any)
	if !ok || len(pair) != 2 {
		return value
	}
	from, ok := pair[0].(string)
	slot, isSlot := jsontree.Int(pair[1])
	if !ok || !isSlot {
		return value
	}
	return Link{from, slot}
}

// dangling are links that lead nowhere.
func (g *Graph) dangling() (problems Problems) {
	for _, n := range g.Nodes {
		for _, input := range n.Inputs {
			link, ok := input.Value.(Link)
			if !ok || g.Node(link.Node) != nil {
				continue
			}
			problems = append(problems, Problem{
				Node:  n.ID,
				Title: n.Title,
				Class: n.Class,
				What:  fmt.Sprintf("input %q is linked to node %s, which is not in the file", input.Name, link.Node),
				Help:  "the node may have been bypassed or deleted: open the workflow in ComfyUI, connect the input, and save it again",
			})
		}
	}
	return problems
}

func kind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}
