package comfy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
)

// InputKind is what an input takes.
type InputKind string

// The kinds of inputs that hold values, and Link for those that take another node's output.
const (
	Int     InputKind = "INT"
	Float   InputKind = "FLOAT"
	String  InputKind = "STRING"
	Boolean InputKind = "BOOLEAN"
	Combo   InputKind = "COMBO"
	Link    InputKind = "LINK"
)

// NodeClass describes a class of nodes as /object_info has it.
type NodeClass struct {
	Name, DisplayName string
	OutputNode        bool    // runs for its effect, such as saving
	Inputs            []Input // required ones first, in the class's own order
}

// Input returns the input with this name.
func (n NodeClass) Input(name string) (Input, bool) {
	i := slices.IndexFunc(n.Inputs, func(in Input) bool { return in.Name == name })
	if i < 0 {
		return Input{}, false
	}
	return n.Inputs[i], true
}

// Input is one input of a class. Numbers are kept as written, so that limits up to 2^64-1 stay exact.
type Input struct {
	Name           string
	Kind           InputKind
	Type           string // ComfyUI's own word: "INT", "MODEL", "IMAGE,MASK", ...
	Required       bool
	Default        json.RawMessage // nil when there is none
	Min, Max, Step json.Number     // "" when there is none
	Multiline      bool            // of String
	Choices        []string        // of Combo; a choice that is no string is given as its JSON text
}

// ObjectInfo describes one node class; ok is false when this ComfyUI does not have it.
func (c *Client) ObjectInfo(ctx context.Context, class string) (n NodeClass, ok bool, err error) {
	path := "/object_info/" + url.PathEscape(class)
	var v map[string]json.RawMessage
	if err := c.get(ctx, slowTimeout, path, &v); err != nil {
		return NodeClass{}, false, err
	}
	raw, ok := v[class]
	if !ok {
		return NodeClass{}, false, nil
	}
	if n, err = parseNodeClass(class, raw); err != nil {
		return NodeClass{}, false, fmt.Errorf("ComfyUI's answer to GET %s: %w", path, err)
	}
	return n, true, nil
}

func parseNodeClass(class string, raw json.RawMessage) (NodeClass, error) {
	var v struct {
		DisplayName text `json:"display_name"`
		OutputNode  bool `json:"output_node"`
		Input       struct {
			Required json.RawMessage `json:"required"`
			Optional json.RawMessage `json:"optional"`
		} `json:"input"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return NodeClass{}, err
	}
	n := NodeClass{Name: class, DisplayName: trimmed(string(v.DisplayName), class), OutputNode: v.OutputNode}
	for _, group := range []struct {
		inputs   json.RawMessage
		required bool
	}{{v.Input.Required, true}, {v.Input.Optional, false}} {
		list, err := members(group.inputs)
		if err != nil {
			continue // a class may have none
		}
		for _, m := range list {
			in := parseInput(m.value)
			in.Name, in.Required = m.key, group.required
			n.Inputs = append(n.Inputs, in)
		}
	}
	return n, nil
}

// parseInput reads [TYPE, {options}], [[choices], {options}] or ["COMBO", {"options": [choices]}].
func parseInput(raw json.RawMessage) Input {
	var parts []json.RawMessage
	var o struct {
		Default   json.RawMessage   `json:"default"`
		Min       json.RawMessage   `json:"min"`
		Max       json.RawMessage   `json:"max"`
		Step      json.RawMessage   `json:"step"`
		Multiline bool              `json:"multiline"`
		Options   []json.RawMessage `json:"options"`
	}
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return Input{Kind: Link}
	}
	if len(parts) > 1 {
		_ = json.Unmarshal(parts[1], &o) // an option of an odd type leaves the others readable
	}
	in := Input{Default: o.Default, Min: number(o.Min), Max: number(o.Max), Step: number(o.Step), Multiline: o.Multiline}
	var choices []json.RawMessage
	switch {
	case json.Unmarshal(parts[0], &in.Type) != nil && json.Unmarshal(parts[0], &choices) == nil:
		in.Kind, in.Type = Combo, string(Combo)
	case slices.Contains([]InputKind{Int, Float, String, Boolean, Combo}, InputKind(in.Type)):
		in.Kind, choices = InputKind(in.Type), o.Options
	default:
		in.Kind = Link
	}
	if in.Kind == Combo {
		for _, choice := range choices {
			var t text
			_ = t.UnmarshalJSON(choice) // never fails
			in.Choices = append(in.Choices, string(t))
		}
	}
	return in
}

// number returns a JSON number as written, and nothing for anything else.
func number(raw json.RawMessage) json.Number {
	var n json.Number
	if len(raw) == 0 || raw[0] == '"' || json.Unmarshal(raw, &n) != nil {
		return ""
	}
	return n
}
