package comfy

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// CheckGraph refuses, before anything is sent, graphs that would harm ComfyUI or cannot run: every node must have
// a class_type and an inputs object (an unconnected node without inputs kills ComfyUI's executor until it is
// restarted), links must point at nodes of the graph, and there must be a node. The error is a *[RejectedError]
// with Status 0. Whether classes and values exist is for ComfyUI to say.
func CheckGraph(graph json.RawMessage) error {
	refuse := func(format string, args ...any) error {
		return &RejectedError{Type: "invalid_graph", Message: fmt.Sprintf(format, args...)}
	}
	if !json.Valid(graph) {
		return refuse("the workflow is not valid JSON")
	}
	nodes, err := members(graph)
	if err != nil {
		return refuse("the workflow must be a JSON object of nodes")
	}
	if len(nodes) == 0 {
		return refuse("the workflow has no nodes")
	}
	ids := make(map[string]bool, len(nodes))
	for _, n := range nodes {
		ids[n.key] = true
	}
	if ids["nodes"] && ids["links"] {
		return refuse("the workflow is in the editor's format; export it from ComfyUI with \"Export (API)\"")
	}
	var bad []NodeRejection
	for _, n := range nodes {
		if r := checkNode(n, ids); len(r.Reasons) > 0 {
			bad = append(bad, r)
		}
	}
	if bad != nil {
		return &RejectedError{Type: "invalid_graph", Message: "the workflow cannot run", Nodes: bad}
	}
	return nil
}

func checkNode(n member, ids map[string]bool) NodeRejection {
	r := NodeRejection{NodeID: n.key}
	add := func(kind, input, message string) {
		r.Reasons = append(r.Reasons, Reason{Type: kind, Message: message, Input: input})
	}
	var node struct {
		Class  *string         `json:"class_type"`
		Inputs json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal(n.value, &node); err != nil || node.Class == nil || *node.Class == "" {
		add("missing_class_type", "", "no class_type")
	} else {
		r.ClassType = *node.Class
	}
	inputs, err := members(node.Inputs)
	if err != nil {
		add("missing_inputs", "", "no inputs object")
	}
	for _, in := range inputs {
		if target, ok := linkTarget(in.value); ok && !ids[target] {
			add("bad_linked_input", in.key, fmt.Sprintf("link to node %s, which is not in the workflow", target))
		}
	}
	return r
}

// linkTarget reads [node_id, slot]; ComfyUI takes every list of a string and a number for a link.
func linkTarget(value json.RawMessage) (string, bool) {
	if value = bytes.TrimSpace(value); len(value) == 0 || value[0] != '[' {
		return "", false
	}
	var pair []json.RawMessage
	var id string
	var slot float64
	if json.Unmarshal(value, &pair) != nil || len(pair) != 2 || pair[0][0] != '"' || string(pair[1]) == "null" ||
		json.Unmarshal(pair[0], &id) != nil || json.Unmarshal(pair[1], &slot) != nil {
		return "", false
	}
	return id, true
}
