package comfy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
)

// InputKind names the type of value that an input takes.
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
	// Choices of Combo, nil when ComfyUI does not tell them or tells more than anybody chooses from. One that is no string
	// is given as its JSON text.
	Choices []string
	Upload  bool // of Combo: names a file in the input folder
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
	if err := decode(raw, &v); err != nil {
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
			n.Inputs = append(n.Inputs, parseInput(m.key, group.required, m.value)...)
		}
	}
	return n, nil
}

// options holds the part of an input's definition beside its type.
type options struct {
	Default   json.RawMessage   `json:"default"`
	Min       json.RawMessage   `json:"min"`
	Max       json.RawMessage   `json:"max"`
	Step      json.RawMessage   `json:"step"`
	Multiline bool              `json:"multiline"`
	Options   []json.RawMessage `json:"options"`
	Image     bool              `json:"image_upload"`
	Video     bool              `json:"video_upload"`
	Audio     bool              `json:"audio_upload"`
	File      bool              `json:"file_upload"`
}

// parseInput reads [TYPE, {options}], [[choices], {options}] or ["COMBO", {"options": [choices]}]. It is one input,
// followed by those that its choices bring along.
func parseInput(name string, required bool, raw json.RawMessage) []Input {
	in := Input{Name: name, Required: required, Kind: Link}
	var parts []json.RawMessage
	var o options
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return []Input{in}
	}
	if len(parts) > 1 {
		_ = json.Unmarshal(parts[1], &o) // an option of an odd type leaves the others readable
	}
	in.Min, in.Max, in.Step, in.Multiline = number(o.Min), number(o.Max), number(o.Step), o.Multiline
	if len(o.Default) <= textLimit {
		in.Default = o.Default
	}
	in.Upload = o.Image || o.Video || o.Audio || o.File
	choices := o.Options
	notType := json.Unmarshal(parts[0], &in.Type) != nil
	in.Type = brief(in.Type)
	switch {
	case notType && json.Unmarshal(parts[0], &choices) == nil:
		in.Kind, in.Type = Combo, string(Combo)
	case in.Type == "COMFY_DYNAMICCOMBO_V3":
		in.Kind = Combo
		return dynamic(in, choices)
	case slices.Contains([]InputKind{Int, Float, String, Boolean, Combo}, InputKind(in.Type)):
		in.Kind = InputKind(in.Type)
	}
	if in.Kind == Combo && choices != nil && len(choices) <= maxChoices {
		in.Choices = []string{}
		for _, choice := range choices {
			var t text
			_ = t.UnmarshalJSON(choice) // never fails
			in.Choices = append(in.Choices, string(t))
		}
	}
	return []Input{in}
}

// dynamic reads [{"key": choice, "inputs": {...}}]: each choice has inputs of its own, which a graph names
// "input.of-the-choice". One that differs from choice to choice is left open, as a Link.
func dynamic(in Input, choices []json.RawMessage) []Input {
	found := []Input{in}
	found[0].Choices = []string{}
	for _, raw := range choices {
		var choice struct {
			Key    text                       `json:"key"`
			Inputs map[string]json.RawMessage `json:"inputs"`
		}
		if json.Unmarshal(raw, &choice) != nil {
			continue
		}
		found[0].Choices = append(found[0].Choices, string(choice.Key))
		for _, group := range []string{"required", "optional"} {
			list, _ := members(choice.Inputs[group]) // a choice may have none
			for _, m := range list {
				for _, own := range parseInput(in.Name+"."+m.key, false, m.value) {
					i := slices.IndexFunc(found, func(f Input) bool { return f.Name == own.Name })
					if i < 0 {
						found = append(found, own)
					} else if !reflect.DeepEqual(found[i], own) {
						found[i] = Input{Name: own.Name, Kind: Link}
					}
				}
			}
		}
	}
	return found
}

// longestNumber is far above what 64 bits need, in digits.
const longestNumber = 64

// number returns a JSON number as written, and nothing for anything else.
func number(raw json.RawMessage) json.Number {
	var n json.Number
	if len(raw) == 0 || len(raw) > longestNumber || raw[0] == '"' || json.Unmarshal(raw, &n) != nil {
		return ""
	}
	return n
}
