// Package graph holds a ComfyUI graph in API format: what /prompt takes. It keeps the order of nodes and inputs and writes
// numbers as they were read, because seeds use all 64 bits.
package graph

import (
	"encoding/json"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// MaxNodes is the largest number of nodes that a graph may have.
const MaxNodes = 10_000

// Graph is a list of nodes with ids of their own. It is not to be changed once it is made.
type Graph struct {
	Nodes []Node
	index map[string]int
}

// Node is one step of a graph.
type Node struct {
	ID     string
	Class  string
	Title  string // of its author; empty: none
	Inputs []Input
}

// Input is a field of a node: a Link, or a value as jsontree has them (or an int or float64).
type Input struct {
	Name  string
	Value any
}

// Link says that a value comes out of another node.
type Link struct {
	Node string
	Slot int
}

// New makes a graph of nodes; where an id comes twice the last one is found by Node.
func New(nodes []Node) *Graph {
	g := &Graph{Nodes: nodes, index: make(map[string]int, len(nodes))}
	for i, n := range nodes {
		g.index[n.ID] = i
	}
	return g
}

// Node returns the node with an id, nil when there is none.
func (g *Graph) Node(id string) *Node {
	if i, ok := g.index[id]; ok {
		return &g.Nodes[i]
	}
	return nil
}

// Input returns the value of a field.
func (n *Node) Input(name string) (value any, ok bool) {
	for _, input := range n.Inputs {
		if input.Name == name {
			return input.Value, true
		}
	}
	return nil, false
}

// MarshalJSON writes the API format, in order.
func (g *Graph) MarshalJSON() ([]byte, error) {
	all := &jsontree.Object{}
	for _, n := range g.Nodes {
		inputs := &jsontree.Object{}
		for _, input := range n.Inputs {
			value := input.Value
			if link, ok := value.(Link); ok {
				value = []any{link.Node, link.Slot}
			}
			inputs.Members = append(inputs.Members, jsontree.Member{Key: input.Name, Value: value})
		}
		node := &jsontree.Object{Members: []jsontree.Member{{Key: "inputs", Value: inputs}, {Key: "class_type", Value: n.Class}}}
		if n.Title != "" {
			title := &jsontree.Object{Members: []jsontree.Member{{Key: "title", Value: n.Title}}}
			node.Members = append(node.Members, jsontree.Member{Key: "_meta", Value: title})
		}
		all.Members = append(all.Members, jsontree.Member{Key: n.ID, Value: node})
	}
	return jsontree.Append(nil, all), nil
}

var _ json.Marshaler = (*Graph)(nil)
