package workflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Class is a node class, as ComfyUI tells it.
type Class struct {
	Output bool             // runs for its effect, such as saving
	Inputs map[string]Input // those that take values, by name
}

// Input is what a node's field accepts, as ComfyUI tells it.
type Input struct {
	Kind    Kind
	Min     json.Number // empty: none
	Max     json.Number // empty: none
	Step    json.Number // empty: any
	Choices []string    // with KindChoice; nil when ComfyUI does not tell them
	Upload  bool        // names a file in ComfyUI's input folder
}

// Description is what a template offers to a booking on one ComfyUI.
type Description struct {
	Parameters []Parameter // sorted by name
	Prompt     string      // of the template itself
	SeedMin    uint64
	SeedMax    uint64
	Problems   []Problem // what keeps the graph from running there
}

// Describe joins the template with what ComfyUI says of its node classes. A class that is missing from classes is
// unknown to ComfyUI. With nil classes nothing is known yet: kinds come from the template's own values.
func (t *Template) Describe(classes map[string]Class) Description {
	d := Description{SeedMax: math.MaxUint64}
	names := slices.SortedFunc(maps.Keys(t.bindings), func(a, b string) int {
		return cmp.Or(t.bindings[a].Position-t.bindings[b].Position, strings.Compare(a, b))
	})
	for _, name := range names {
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

// inputs are those of the binding's targets that ComfyUI describes.
func (t *Template) inputs(b Binding, classes map[string]Class) []Input {
	var found []Input
	for _, target := range b.Targets {
		if input, ok := classes[t.nodes[target.NodeID].ClassType].Inputs[target.Field]; ok {
			found = append(found, input)
		}
	}
	return found
}

// seedRange is the narrowest of what binding and nodes allow.
func (t *Template) seedRange(b Binding, classes map[string]Class) (low, high uint64) {
	s := span{new(big.Int), maxUint64}
	for _, input := range t.inputs(b, classes) {
		s.narrow(input.Min, input.Max)
	}
	s.narrow(orEmpty(b.Min), orEmpty(b.Max))
	if s.high.Cmp(s.low) < 0 {
		s.high = s.low
	}
	return s.low.Uint64(), s.high.Uint64()
}

func (t *Template) parameter(name string, b Binding, classes map[string]Class) Parameter {
	value := t.value(b.Targets[0])
	inputs := t.inputs(b, classes)
	p := Parameter{Name: name, Title: title(name), Kind: kindOf(value)}
	for i, input := range inputs {
		switch {
		case i == 0:
			p.Kind, p.Choices = input.Kind, input.Choices
		case input.Kind == KindInteger && p.Kind == KindNumber:
			p.Kind = KindInteger // it goes into both
		case input.Kind == KindChoice:
			p.Choices = slices.DeleteFunc(slices.Clone(p.Choices), func(c string) bool { return !slices.Contains(input.Choices, c) })
		}
	}
	p.Default = convert(value, p.Kind)
	switch p.Kind {
	case KindInteger:
		p.rangeOfIntegers(b, inputs)
	case KindNumber:
		p.rangeOfNumbers(b, inputs)
	}
	return p
}

func (p *Parameter) rangeOfIntegers(b Binding, inputs []Input) {
	s := span{minInt64, maxInt64}
	var grids []grid
	for _, input := range inputs {
		s.narrow(input.Min, input.Max)
		if step, err := input.Step.Int64(); err == nil && step > 1 {
			base, _ := input.Min.Int64() // 0 when there is none
			grids = append(grids, grid{base, step})
		}
	}
	s.narrow(orEmpty(b.Min), orEmpty(b.Max))
	low := s.low.Int64()
	bounded := s.low.Cmp(minInt64) > 0
	if !bounded {
		low = 0
	}
	// ComfyUI itself does not insist on steps, so a template's own value is right even off them.
	if first, step, ok := meet(grids, low); ok && (grid{first, step}).has(int64(p.Default.(Integer))) {
		p.Step = float64(step)
		low = first
	}
	if bounded {
		p.Min = json.Number(strconv.FormatInt(low, 10))
	}
	if s.high.Cmp(maxInt64) < 0 {
		p.Max = json.Number(s.high.String())
	}
}

func (p *Parameter) rangeOfNumbers(b Binding, inputs []Input) {
	low, high := math.Inf(-1), math.Inf(1)
	narrow := func(minimum, maximum json.Number) {
		if v, err := minimum.Float64(); err == nil {
			low = max(low, v)
		}
		if v, err := maximum.Float64(); err == nil {
			high = min(high, v)
		}
	}
	for _, input := range inputs {
		narrow(input.Min, input.Max)
	}
	narrow(orEmpty(b.Min), orEmpty(b.Max))
	if !math.IsInf(low, 0) {
		p.Min = plain(low)
	}
	if !math.IsInf(high, 0) {
		p.Max = plain(high)
	}
}

// plain writes a number as people do.
func plain(f float64) json.Number {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return json.Number(strconv.FormatFloat(f, 'f', 0, 64))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

func orEmpty(n *json.Number) json.Number {
	if n == nil {
		return ""
	}
	return *n
}

// kindOf is the kind of a template's own value.
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

// convert makes a template's own value one of the kind, as ComfyUI does; the zero value where it cannot.
func convert(value any, kind Kind) Value {
	number, _ := numberIn(value)
	switch kind {
	case KindInteger:
		r, ok := exact(number)
		if !ok || !floor(r).IsInt64() {
			return Integer(0)
		}
		return Integer(floor(r).Int64())
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

// numberIn is the number that ComfyUI takes a value for: "64" counts as 64.
func numberIn(value any) (n json.Number, ok bool) {
	switch value := value.(type) {
	case json.Number:
		n = value
	case string:
		n = json.Number(strings.TrimSpace(value))
	}
	_, ok = exact(n)
	return n, ok
}

// title is a parameter's name for people: "guidance_scale" becomes "Guidance scale".
func title(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	if words == "" {
		return words
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
