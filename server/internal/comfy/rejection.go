package comfy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// RejectedError says that a graph will not run as it is: posting it again gives the same answer.
type RejectedError struct {
	// Status is ComfyUI's HTTP status: 400 as a rule, 200 when the graph was accepted only in part (it has then
	// been cancelled), 0 when it was not sent at all (see CheckGraph).
	Status  int
	Type    string // ComfyUI's word, such as "prompt_outputs_failed_validation"
	Message string
	Details string
	Nodes   []NodeRejection // in the order of ComfyUI's answer; may be empty
}

// NodeRejection holds what is wrong with one node.
type NodeRejection struct {
	NodeID, ClassType string
	Reasons           []Reason
}

// Reason is one thing wrong with a node.
type Reason struct {
	Type    string // ComfyUI's word, such as "value_not_in_list"
	Message string
	Details string
	Input   string // the input concerned; may be empty
}

func (e *RejectedError) Error() string {
	var b strings.Builder
	b.WriteString(trimmed(e.Message, "ComfyUI refused the workflow"))
	switch {
	case len(e.Nodes) > 0: // they say it better
	case e.Details != "" && e.Details != e.Message:
		b.WriteString(" (" + firstLine(e.Details) + ")")
	case e.Type == "prompt_outputs_failed_validation":
		b.WriteString(" (ComfyUI gave no reason; a cycle of links does this)")
	}
	sep := ": "
	for _, n := range e.Nodes {
		for _, r := range n.Reasons {
			b.WriteString(sep + n.name() + ": " + r.String())
			sep = "; "
		}
	}
	return b.String()
}

// Explain puts the refusal of a graph into words for whoever booked it. Other errors stay as they are.
func Explain(err error) error {
	var rejected *RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	var parts []string
	for _, node := range rejected.Nodes {
		for _, reason := range node.Reasons {
			parts = append(parts, fmt.Sprintf("node %s (%s): %v", node.NodeID, node.ClassType, reason))
		}
	}
	if len(parts) == 0 {
		return fmt.Errorf("ComfyUI refused the graph: %w", err)
	}
	return fmt.Errorf("ComfyUI refused the graph: %s", strings.Join(parts, "; "))
}

func (n NodeRejection) name() string {
	if n.ClassType == "" {
		return "node " + n.NodeID
	}
	return fmt.Sprintf("%s (node %s)", n.ClassType, n.NodeID)
}

func (r Reason) String() string {
	s := trimmed(r.Message, r.Type)
	switch details := firstLine(r.Details); {
	case details == "":
		if r.Input != "" {
			s = r.Input + ": " + s
		}
	case strings.Contains(s, details):
	default:
		s += ": " + details
	}
	return s
}

// parseRejection reads a refusal or a partial acceptance; nil when the answer is neither. "error" is an object,
// or a plain string in some builds.
func parseRejection(a answer) *RejectedError {
	var v struct {
		Error json.RawMessage `json:"error"`
		Nodes json.RawMessage `json:"node_errors"`
	}
	if decode(a.body, &v) != nil {
		return nil
	}
	e := &RejectedError{Status: a.status, Nodes: parseNodeErrors(v.Nodes)}
	var object struct {
		Type    text `json:"type"`
		Message text `json:"message"`
		Details text `json:"details"`
	}
	var plain string
	switch {
	case len(v.Error) == 0 || string(v.Error) == "null":
		if len(e.Nodes) == 0 {
			return nil
		}
		e.Type, e.Message = "partly_accepted", "ComfyUI would run only a part of the workflow"
	case json.Unmarshal(v.Error, &plain) == nil:
		e.Message = brief(plain)
	case json.Unmarshal(v.Error, &object) == nil:
		e.Type, e.Message, e.Details = string(object.Type), string(object.Message), string(object.Details)
	}
	if a.status == http.StatusOK && len(e.Nodes) > 0 {
		e.Type = "partly_accepted"
	}
	return e
}

// parseNodeErrors reads what is wrong with each node, up to what a text may have in all.
func parseNodeErrors(raw json.RawMessage) []NodeRejection {
	nodes, err := members(raw)
	if err != nil {
		return nil // absent, or a list: some builds write [] for none
	}
	var list []NodeRejection
	room := textLimit
	for i, n := range nodes {
		if room <= 0 {
			more := Reason{Type: "cut", Message: counted("… and %d more nodes", len(nodes)-i)}
			return append(list, NodeRejection{NodeID: n.key, Reasons: []Reason{more}})
		}
		var r NodeRejection
		r, room = parseNodeError(n, room)
		list = append(list, r)
	}
	return list
}

// parseNodeError reads what is wrong with one node, and gives the room that is left.
func parseNodeError(n member, room int) (NodeRejection, int) {
	var v struct {
		Class  text `json:"class_type"`
		Errors []struct {
			Type    text            `json:"type"`
			Message text            `json:"message"`
			Details text            `json:"details"`
			Extra   json.RawMessage `json:"extra_info"`
		} `json:"errors"`
	}
	if json.Unmarshal(n.value, &v) != nil {
		v.Errors = nil
	}
	r := NodeRejection{NodeID: shorten(n.key, reasonLimit), ClassType: shorten(string(v.Class), reasonLimit)}
	for i, e := range v.Errors {
		if room <= 0 {
			r.Reasons = append(r.Reasons, Reason{Type: "cut", Message: counted("… and %d more reasons", len(v.Errors)-i)})
			break
		}
		var extra struct {
			Input text `json:"input_name"`
		}
		_ = json.Unmarshal(e.Extra, &extra) // it may hold anything
		reason := Reason{
			Type:    shorten(string(e.Type), reasonLimit),
			Message: shorten(string(e.Message), reasonLimit),
			Details: shorten(string(e.Details), reasonLimit),
			Input:   shorten(string(extra.Input), reasonLimit),
		}
		room -= len(reason.Type) + len(reason.Message) + len(reason.Details) + len(reason.Input)
		r.Reasons = append(r.Reasons, reason)
	}
	if len(r.Reasons) == 0 {
		r.Reasons = []Reason{{Type: "unknown", Message: "refused without a reason"}}
	}
	return r, room - len(r.NodeID) - len(r.ClassType)
}
