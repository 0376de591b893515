package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Input is what a node's field accepts, as ComfyUI tells it.
type Input struct {
	Kind    Kind
	Min     json.Number // empty: none
	Max     json.Number // empty: none
	Step    float64
	Choices []string
}

// Class is a node class, as ComfyUI tells it: its fields by name.
type Class map[string]Input

// Description is what a template offers to a booking on one ComfyUI.
type Description struct {
	Parameters []Parameter // sorted by name
	Prompt     string      // of the template itself
	SeedMin    uint64
	SeedMax    uint64
	Problems   []Problem // what keeps the graph from running there
}

// Problem is something that the template needs and ComfyUI does not have.
type Problem struct {
	NodeID string
	Text   string // for the operator: what is missing and what to do
}

// Describe joins the template with what ComfyUI says of its node classes. A class that is missing from classes is
// unknown to ComfyUI. With nil classes nothing is known yet: kinds come from the template's own values.
func (t *Template) Describe(classes map[string]Class) Description {
	d := Description{SeedMax: math.MaxUint64}
	for _, name := range slices.Sorted(maps.Keys(t.bindings)) {
		binding := t.bindings[name]
		switch name {
		case PromptParameter:
			d.Prompt, _ = t.value(binding.Targets[0]).(string)
		case SeedParameter:
			d.SeedMin, d.SeedMax = t.seedRange(binding, classes)
		default:
			d.Parameters = append(d.Parameters, t.parameter(name, binding, classes))
		}
	}
	if classes != nil {
		d.Problems = t.problems(classes)
	}
	return d
}

func (t *Template) value(target Target) any {
	return t.nodes[target.NodeID].Inputs[target.Field]
}

func (t *Template) input(target Target, classes map[string]Class) Input {
	return classes[t.nodes[target.NodeID].ClassType][target.Field]
}

// seedRange is the narrowest of what binding and nodes allow.
func (t *Template) seedRange(b Binding, classes map[string]Class) (low, high uint64) {
	high = math.MaxUint64
	narrow := func(minimum, maximum json.Number) {
		if v, err := strconv.ParseUint(string(minimum), 10, 64); err == nil {
			low = max(low, v)
		}
		if v, err := strconv.ParseUint(string(maximum), 10, 64); err == nil {
			high = min(high, v)
		}
	}
	for _, target := range b.Targets {
		input := t.input(target, classes)
		narrow(input.Min, input.Max)
	}
	narrow(orEmpty(b.Min), orEmpty(b.Max))
	return low, high
}

func (t *Template) parameter(name string, b Binding, classes map[string]Class) Parameter {
	p := Parameter{Name: name, Title: title(name)}
	narrow := func(minimum, maximum json.Number) {
		if v, err := minimum.Float64(); err == nil && (p.Min == nil || v > *p.Min) {
			p.Min = &v
		}
		if v, err := maximum.Float64(); err == nil && (p.Max == nil || v < *p.Max) {
			p.Max = &v
		}
	}
	for _, target := range b.Targets {
		input := t.input(target, classes)
		if p.Kind == 0 {
			p.Kind, p.Choices = input.Kind, input.Choices
		}
		p.Step = max(p.Step, input.Step)
		narrow(input.Min, input.Max)
	}
	narrow(orEmpty(b.Min), orEmpty(b.Max))
	value := t.value(b.Targets[0])
	if p.Kind == 0 {
		p.Kind = kindOf(value)
	}
	p.Default = convert(value, p.Kind)
	return p
}

// problems names classes and model files that ComfyUI does not have.
func (t *Template) problems(classes map[string]Class) []Problem {
	var found []Problem
	for _, id := range slices.Sorted(maps.Keys(t.nodes)) {
		n := t.nodes[id]
		class, known := classes[n.ClassType]
		if !known {
			found = append(found, Problem{id, fmt.Sprintf("node %s needs the class %s, which this ComfyUI does not have: update ComfyUI or install the node pack", id, n.ClassType)})
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(n.Inputs)) {
			input, known := class[field]
			text, isText := n.Inputs[field].(string)
			if known && input.Kind == KindChoice && isText && !slices.Contains(input.Choices, text) {
				found = append(found, Problem{id, missingChoice(id, n.ClassType, field, text, input.Choices)})
			}
		}
	}
	return found
}

// modelFolders are the folders below ComfyUI's models folder by the field that names a file in them.
var modelFolders = map[string]string{
	"unet_name": "diffusion_models", "clip_name": "text_encoders", "clip_name1": "text_encoders", "clip_name2": "text_encoders",
	"vae_name": "vae", "ckpt_name": "checkpoints", "lora_name": "loras", "control_net_name": "controlnet",
	"style_model_name": "style_models", "upscale_model": "upscale_models", "model_name": "upscale_models",
}

func missingChoice(id, class, field, value string, choices []string) string {
	if folder, ok := modelFolders[field]; ok {
		return fmt.Sprintf("node %s (%s) needs the model file %s, which is not there: put it into models/%s", id, class, value, folder)
	}
	return fmt.Sprintf("node %s (%s) sets %s to %q, which this ComfyUI does not offer (it has: %s)", id, class, field, value, strings.Join(choices[:min(len(choices), 10)], ", "))
}

func kindOf(value any) Kind {
	switch value := value.(type) {
	case bool:
		return KindBoolean
	case json.Number:
		if _, err := value.Int64(); err == nil {
			return KindInteger
		}
		return KindNumber
	default:
		return KindText
	}
}

// convert makes a template's own value one of the kind; the zero value where it cannot.
func convert(value any, kind Kind) Value {
	number, _ := value.(json.Number)
	if text, ok := value.(string); ok {
		number = json.Number(text) // ComfyUI takes "64" for 64
	}
	switch kind {
	case KindInteger:
		i, _ := number.Int64()
		return Integer(i)
	case KindNumber:
		f, _ := number.Float64()
		return Number(f)
	case KindBoolean:
		b, _ := value.(bool)
		return Boolean(b)
	default:
		if text, ok := value.(string); ok {
			return Text(text)
		}
		return Text(fmt.Sprint(value))
	}
}

func orEmpty(n *json.Number) json.Number {
	if n == nil {
		return ""
	}
	return *n
}

// title is a parameter's name for people: "guidance_scale" becomes "Guidance scale".
func title(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	if words == "" {
		return words
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
