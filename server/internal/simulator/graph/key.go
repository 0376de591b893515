package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Keys gives every node the key of its result: class, inputs, the keys of its ancestors and
// what stamp says of things outside the graph (a file's state). Node ids are not part of it.
// Like ComfyUI's it fails on a node without inputs, even one that no output reaches.
func (g *Graph) Keys(stamp func(*Node) string) (map[string]string, error) {
	keys := make(map[string]string, len(g.Nodes))
	for _, node := range g.Nodes {
		if !node.HasInputs {
			return nil, fmt.Errorf("node %s: KeyError: 'inputs'", node.ID)
		}
	}
	for _, node := range g.Nodes {
		g.key(node, keys, stamp)
	}
	return keys, nil
}

func (g *Graph) key(node *Node, keys map[string]string, stamp func(*Node) string) string {
	if key, done := keys[node.ID]; done {
		return key
	}
	keys[node.ID] = "cycle" // stands while the ancestors are visited
	inputs := slices.Clone(node.Inputs)
	slices.SortFunc(inputs, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q\n", node.Class, stamp(node))
	for _, input := range inputs {
		link, linked := AsLink(input.Value)
		if from := g.Node(link.From); linked && from != nil {
			fmt.Fprintf(hash, "%q <- %s %d\n", input.Name, g.key(from, keys, stamp), link.Slot)
		} else {
			fmt.Fprintf(hash, "%q = %T %q\n", input.Name, input.Value, fmt.Sprint(input.Value))
		}
	}
	keys[node.ID] = hex.EncodeToString(hash.Sum(nil)[:16])
	return keys[node.ID]
}
