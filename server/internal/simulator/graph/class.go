// Package graph owns what the simulator knows of ComfyUI graphs: the catalogue of
// node classes, parsing a graph in API format, validating it with ComfyUI's answers,
// the order in which its nodes run and the keys under which their results are cached.
package graph

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"
	"slices"
	"strings"
)

// classes is the catalogue in the form of ComfyUI's /object_info, a file for each theme: adding a class there
// is all that validation and caching need.
//
//go:embed classes/*.json
var classes embed.FS

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
	Options  []Option // of a dynamic choice

	config json.RawMessage // [type, settings], as validation errors repeat it
	min    string          // the limits as written
	max    string
}

// Option is one choice of a dynamic choice, with the inputs that it brings. Their names begin with the choice's own, and a dot.
type Option struct {
	Key    string
	Inputs []Input
}

const dynamic = "COMFY_DYNAMICCOMBO_V3"

// Offers knows what lies in the folders of a ComfyUI.
type Offers interface {
	// Choices returns what an input offers now, and false for an input whose choices are part of its class.
	Choices(class, input string) ([]string, bool)
	// FileProblem tells why a file that an input names cannot be used; it is empty for one that can. Ok is false for inputs
	// that name no file.
	FileProblem(class, input, name string) (problem string, ok bool)
}

// Catalogue is the set of node classes by name.
type Catalogue map[string]*Class

// LoadCatalogue reads the built-in classes. It panics when the embedded data is broken,
// which a test excludes.
func LoadCatalogue() Catalogue {
	files, err := fs.Glob(classes, "classes/*.json")
	if err != nil {
		panic(fmt.Sprintf("graph: %v", err))
	}
	catalogue := Catalogue{}
	for _, file := range files {
		if err := catalogue.read(file); err != nil {
			panic(fmt.Sprintf("graph: %s: %v", file, err))
		}
	}
	return catalogue
}

func (c Catalogue) read(file string) error {
	content, err := classes.ReadFile(file)
	if err != nil {
		return err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(content, &raw); err != nil {
		return err
	}
	for name, info := range raw {
		class, err := parseClass(name, info)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c[name] = class
	}
	return nil
}

// Describe returns a class's entry in /object_info with what its inputs offer now.
func (c Catalogue) Describe(class string, offers Offers) json.RawMessage {
	info := string(c[class].Info)
	for _, input := range c[class].Inputs {
		choices, ok := offers.Choices(class, input.Name)
		if !ok {
			continue
		}
		list, err := json.Marshal(choices)
		if err != nil {
			panic(err) // a list of texts has no reason to fail
		}
		head := `"` + input.Name + `": [`
		if input.Type == "COMBO" {
			head += `"COMBO", {"multiselect": false, "options": `
		}
		info = strings.Replace(info, head+"[]", head+string(list), 1)
	}
	return json.RawMessage(info)
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
		Min     json.Number       `json:"min"`
		Max     json.Number       `json:"max"`
		Options []json.RawMessage `json:"options"`
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
	if err := json.Unmarshal(parts[0], &input.Type); err != nil || more.Options == nil {
		return input, err
	}
	input.Choices = []string{}
	for _, option := range more.Options {
		if err := input.option(option); err != nil {
			return input, err
		}
	}
	return input, nil
}

// option adds a choice of the newer form, ["COMBO", {"options": [..]}], or one that brings inputs.
func (i *Input) option(raw json.RawMessage) error {
	if i.Type != dynamic {
		var key string
		err := json.Unmarshal(raw, &key)
		i.Choices = append(i.Choices, key)
		return err
	}
	var option struct {
		Key    string `json:"key"`
		Inputs struct {
			Required json.RawMessage `json:"required"`
			Optional json.RawMessage `json:"optional"`
		} `json:"inputs"`
	}
	if err := json.Unmarshal(raw, &option); err != nil {
		return err
	}
	i.Choices = append(i.Choices, option.Key)
	brought := Option{Key: option.Key}
	for _, group := range []struct {
		raw      json.RawMessage
		required bool
	}{{option.Inputs.Required, true}, {option.Inputs.Optional, false}} {
		if group.raw == nil {
			continue
		}
		list, err := members(group.raw)
		if err != nil {
			return err
		}
		for _, m := range list {
			input, err := parseInput(i.Name+"."+m.name, m.value)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			input.Required = group.required
			brought.Inputs = append(brought.Inputs, input)
		}
	}
	i.Options = append(i.Options, brought)
	return nil
}

// InputsOf returns the inputs that a node of the class has: those of the class, and those that its choices bring.
func (c *Class) InputsOf(node *Node) []Input { return expand(c.Inputs, node) }

func expand(inputs []Input, node *Node) []Input {
	all := slices.Clone(inputs)
	for _, input := range inputs {
		value, _ := node.Input(input.Name)
		for _, option := range input.Options {
			if value == option.Key {
				all = append(all, expand(option.Inputs, node)...)
			}
		}
	}
	return all
}

func rational(n json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return nil
	}
	return r
}
