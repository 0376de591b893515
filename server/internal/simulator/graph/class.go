// Package graph owns what the simulator knows of ComfyUI graphs: the catalogue of
// node classes, parsing a graph in API format, validating it with ComfyUI's answers,
// the order in which its nodes run and the keys under which their results are cached.
package graph

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
)

// classes is the catalogue in the form of ComfyUI's /object_info: adding a class there
// is all that validation and caching need.
//
//go:embed classes.json
var classes []byte

// Class is a node class.
type Class struct {
	Name       string
	Inputs     []Input // required ones first, in their declared order
	Outputs    []string
	OutputNode bool            // its presence makes a graph runnable
	Info       json.RawMessage // its entry in /object_info
}

// Input declares one input of a class.
type Input struct {
	Name     string
	Required bool
	Type     string   // "INT", "IMAGE", ...; "COMBO" or empty for a choice
	Choices  []string // of a choice
	Min, Max *big.Rat // nil without a limit

	config json.RawMessage // [type, settings], as validation errors repeat it
	min    string          // the limits as written
	max    string
}

// Catalogue is the set of node classes by name.
type Catalogue map[string]*Class

// LoadCatalogue reads the built-in classes. It panics when the embedded data is broken,
// which a test excludes.
func LoadCatalogue() Catalogue {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(classes, &raw); err != nil {
		panic(fmt.Sprintf("graph: classes.json: %v", err))
	}
	catalogue := make(Catalogue, len(raw))
	for name, info := range raw {
		class, err := parseClass(name, info)
		if err != nil {
			panic(fmt.Sprintf("graph: classes.json: %s: %v", name, err))
		}
		catalogue[name] = class
	}
	return catalogue
}

func parseClass(name string, info json.RawMessage) (*Class, error) {
	var data struct {
		Input struct {
			Required map[string]json.RawMessage `json:"required"`
			Optional map[string]json.RawMessage `json:"optional"`
		} `json:"input"`
		Order struct {
			Required []string `json:"required"`
			Optional []string `json:"optional"`
		} `json:"input_order"`
		Output     []string `json:"output"`
		OutputNode bool     `json:"output_node"`
	}
	if err := json.Unmarshal(info, &data); err != nil {
		return nil, err
	}
	class := &Class{Name: name, Outputs: data.Output, OutputNode: data.OutputNode, Info: info}
	for _, group := range []struct {
		order    []string
		inputs   map[string]json.RawMessage
		required bool
	}{{data.Order.Required, data.Input.Required, true}, {data.Order.Optional, data.Input.Optional, false}} {
		for _, name := range group.order {
			input, err := parseInput(name, group.inputs[name])
			if err != nil {
				return nil, fmt.Errorf("input %s: %w", name, err)
			}
			input.Required = group.required
			class.Inputs = append(class.Inputs, input)
		}
	}
	return class, nil
}

func parseInput(name string, raw json.RawMessage) (Input, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return Input{}, err
	}
	settings := json.RawMessage("{}")
	if len(parts) > 1 {
		settings = parts[1]
	}
	var more struct {
		Min     json.Number `json:"min"`
		Max     json.Number `json:"max"`
		Options []string    `json:"options"`
	}
	if err := json.Unmarshal(settings, &more); err != nil {
		return Input{}, err
	}
	input := Input{
		Name:   name,
		min:    more.Min.String(),
		max:    more.Max.String(),
		Min:    rational(more.Min),
		Max:    rational(more.Max),
		config: slices.Concat([]byte("["), parts[0], []byte(", "), settings, []byte("]")),
	}
	if bytes.HasPrefix(parts[0], []byte("[")) {
		input.Choices = []string{}
		return input, json.Unmarshal(parts[0], &input.Choices)
	}
	input.Choices = more.Options // the newer form of a choice: ["COMBO", {"options": [..]}]
	return input, json.Unmarshal(parts[0], &input.Type)
}

func rational(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return nil
	}
	return r
}
