package comfy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// Entry is one finished prompt in ComfyUI's history.
type Entry struct {
	PromptID string
	Status   string // "success", "error", or "" when ComfyUI recorded none
	Messages []Message
	// Files and Texts are all outputs listed, temporary files and other folders included. They are not always
	// results of this run: cached nodes and finished branches of failed runs appear too. Outcome sorts that out.
	Files []File
	Texts []Text
}

// Message is one event of the run as history tells it.
type Message struct {
	Event string // "execution_start", "execution_cached", "execution_success", "execution_error", "execution_interrupted"
	Time  time.Time
	Nodes []string   // of execution_cached: the nodes that did not run
	Error *NodeError // of execution_error and execution_interrupted
}

// NodeError tells which node stopped a run and why.
type NodeError struct {
	NodeID, NodeType string
	Type             string // Python's exception class, such as "ValueError"; empty for an interrupt
	Message          string
	Traceback        []string
}

func (e *NodeError) Error() string {
	s := e.Message
	if e.Type != "" {
		s = e.Type + ": " + s
	}
	if e.NodeID != "" {
		s = fmt.Sprintf("%s (node %s): %s", e.NodeType, e.NodeID, s)
	}
	return s
}

// History returns what ComfyUI remembers of a prompt; nil without an error when it is unknown, waiting or running.
func (c *Client) History(ctx context.Context, promptID string) (*Entry, error) {
	var v map[string]json.RawMessage
	path := "/history/" + url.PathEscape(promptID)
	if err := c.get(ctx, requestTimeout, path, &v); err != nil {
		return nil, err
	}
	raw, ok := v[promptID]
	if !ok {
		return nil, nil
	}
	e, err := parseEntry(promptID, raw)
	if err != nil {
		return nil, fmt.Errorf("ComfyUI's answer to GET %s: %w", path, err)
	}
	return e, nil
}

// parseEntry is lenient where packs are careless (outputs) and strict where the outcome hangs on it (status).
func parseEntry(promptID string, raw json.RawMessage) (*Entry, error) {
	var v struct {
		Outputs json.RawMessage `json:"outputs"`
		Status  *struct {
			Status   text              `json:"status_str"`
			Messages []json.RawMessage `json:"messages"`
		} `json:"status"`
	}
	if err := decode(raw, &v); err != nil {
		return nil, err
	}
	e := &Entry{PromptID: promptID}
	e.Files, e.Texts = parseOutputs(v.Outputs)
	if v.Status == nil {
		return e, nil
	}
	e.Status = string(v.Status.Status)
	for _, m := range v.Status.Messages {
		msg, err := parseMessage(m)
		if err != nil {
			return nil, err
		}
		e.Messages = append(e.Messages, msg)
	}
	return e, nil
}

// parseMessage reads [event, data].
func parseMessage(raw json.RawMessage) (Message, error) {
	var pair []json.RawMessage
	var m Message
	if err := json.Unmarshal(raw, &pair); err != nil || len(pair) == 0 {
		return m, fmt.Errorf("a history message is no list: %.40s", raw)
	}
	if err := decode(pair[0], &m.Event); err != nil {
		return m, fmt.Errorf("a history message has no event: %w", err)
	}
	var data json.RawMessage
	if len(pair) > 1 {
		data = pair[1]
	}
	return messageOf(brief(m.Event), data), nil
}

// messageOf reads what belongs to an event. Details of a wrong type are left out: the event itself counts.
func messageOf(event string, data json.RawMessage) Message {
	m := Message{Event: event}
	var d struct {
		Timestamp float64 `json:"timestamp"`
		Nodes     []text  `json:"nodes"`
		NodeID    text    `json:"node_id"`
		NodeType  text    `json:"node_type"`
		Type      text    `json:"exception_type"`
		Message   text    `json:"exception_message"`
		Traceback []text  `json:"traceback"`
	}
	if len(data) > 0 {
		_ = json.Unmarshal(data, &d)
	}
	if d.Timestamp > 0 {
		m.Time = time.UnixMilli(int64(d.Timestamp))
	}
	m.Nodes = plain(d.Nodes)
	switch m.Event {
	case "execution_error":
		m.Error = &NodeError{
			NodeID:    string(d.NodeID),
			NodeType:  string(d.NodeType),
			Type:      string(d.Type),
			Message:   advised(trimmed(string(d.Message), "the node failed without a message")),
			Traceback: firstLines(d.Traceback),
		}
	case "execution_interrupted":
		m.Error = &NodeError{NodeID: string(d.NodeID), NodeType: string(d.NodeType), Message: "interrupted"}
	}
	return m
}
