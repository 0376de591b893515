package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Graph is a workflow in API format, its nodes in the order of the document.
type Graph struct {
	Nodes []*Node
	byID  map[string]*Node
}

// Node is one node of a graph.
type Node struct {
	ID        string
	Class     string // empty when the document names none
	HasInputs bool   // false when "inputs" is missing or null
	Inputs    []Value
}

// Value is one given input: a literal as it was decoded (numbers as json.Number), or
// after validation a *big.Int, float64, string or bool; a list is a link.
type Value struct {
	Name  string
	Value any
}

// Link names the output slot of another node.
type Link struct {
	From string
	Slot int
}

// errNotAnObject is returned for a graph or node that is no object. ComfyUI answers 500 to it.
var errNotAnObject = errors.New("not a JSON object")

// Parse reads a graph. It checks no more than the JSON kinds; Validate does the rest.
func Parse(raw json.RawMessage) (*Graph, error) {
	nodes, err := members(raw)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	g := &Graph{byID: make(map[string]*Node, len(nodes))}
	for _, member := range nodes {
		node, err := parseNode(member)
		if err != nil {
			return nil, fmt.Errorf("node %q: %w", member.name, err)
		}
		if g.byID[node.ID] == nil {
			g.Nodes = append(g.Nodes, node)
		}
		g.byID[node.ID] = node
	}
	return g, nil
}

func parseNode(member member) (*Node, error) {
	fields, err := members(member.value)
	if err != nil {
		return nil, err
	}
	node := &Node{ID: member.name}
	for _, field := range fields {
		switch field.name {
		case "class_type":
			if err := json.Unmarshal(field.value, &node.Class); err != nil {
				return nil, err
			}
		case "inputs":
			inputs, err := members(field.value)
			if err != nil {
				continue // null or a list: as bad as none
			}
			node.HasInputs = true
			for _, input := range inputs {
				value, err := decode(input.value)
				if err != nil {
					return nil, err
				}
				node.Inputs = append(node.Inputs, Value{input.name, value})
			}
		}
	}
	return node, nil
}

// Node returns the node with that id, or nil.
func (g *Graph) Node(id string) *Node { return g.byID[id] }

// Input returns the value given for name, and whether there is one.
func (n *Node) Input(name string) (any, bool) {
	for _, input := range n.Inputs {
		if input.Name == name {
			return input.Value, true
		}
	}
	return nil, false
}

func (n *Node) set(name string, value any) {
	for i := range n.Inputs {
		if n.Inputs[i].Name == name {
			n.Inputs[i].Value = value
		}
	}
}

// AsLink says whether a value is a link, and to what.
func AsLink(value any) (Link, bool) {
	list, ok := value.([]any)
	if !ok || len(list) != 2 {
		return Link{}, false
	}
	id, isText := list[0].(string)
	number, isNumber := list[1].(json.Number)
	if !isText || !isNumber {
		return Link{}, false
	}
	slot, err := number.Int64()
	if err != nil {
		return Link{}, false
	}
	return Link{id, int(slot)}, true
}

type member struct {
	name  string
	value json.RawMessage
}

// members splits a JSON object, keeping the order that encoding/json's maps lose.
func members(raw json.RawMessage) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil {
		return nil, err
	} else if token != json.Delim('{') {
		return nil, errNotAnObject
	}
	var list []member
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: token.(string)}
		if err := decoder.Decode(&m.value); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// decode keeps numbers as text, because seeds go beyond a float64.
func decode(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}
