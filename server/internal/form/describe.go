package form

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Describe returns a kept form as a ComfyUI offers it: with kinds, ranges, choices, help and defaults, narrowed by what the form
// says itself. With a nil info these come from the graph's own values, as far as they tell.
func Describe(kept *Form, g *graph.Graph, info *objectinfo.Info) *Form {
	d := newDetector(g, info)
	out := &Form{Inputs: make([]Input, len(kept.Inputs))}
	for i, in := range kept.Inputs {
		out.Inputs[i] = d.describe(in)
	}
	return out
}

func (d *detector) describe(in Input) Input {
	fields := d.targets(in)
	if len(fields) == 0 { // the graph was made for another ComfyUI
		if in.Kind == "" {
			in.Kind = Text
		}
		return in
	}
	first := fields[0]
	var specs []*objectinfo.Input
	for _, f := range fields {
		specs = append(specs, d.specs(f)...)
	}
	if in.Kind == "" {
		in.Kind = d.kind(in, fields)
	}
	for _, spec := range specs {
		if in.Help == "" {
			in.Help = spec.Help
		}
		in.Multiline = in.Multiline || spec.Multiline
	}
	own := value(first.value, in.Kind)
	switch in.Kind {
	case Integer:
		in.integers(specs, own)
	case Number:
		in.numbers(specs)
	case Seed:
		in.seeds(specs)
		return in
	case Text:
		in.Multiline = in.Multiline || in.Role == Prompt || in.Role == NegativePrompt || len(specs) == 0
	case Choice:
		in.choose(first, specs)
	case File:
		if in.File == "" {
			in.File, in.WithMask = d.file(first)
			in.Optional = in.Optional || first.spec != nil && !first.spec.Required
		}
		in.Choices = choicesOf(first)
		if own == "" {
			own = nil
		}
	}
	if in.Role == Prompt && !in.Optional {
		in.Example, _ = own.(string)
	} else if in.Default == nil {
		in.Default = own
	}
	return in
}

// targets are the fields of an input that are in the graph.
func (d *detector) targets(in Input) (fields []*field) {
	for _, t := range in.Targets {
		n := d.graph.Node(t.Node)
		if n == nil || t.Position {
			continue
		}
		if value, ok := n.Input(t.Field); ok {
			fields = append(fields, &field{
				node:  n,
				name:  t.Field,
				value: value,
				class: d.info.Class(n.Class),
				spec:  d.spec(n, t.Field),
			})
		}
	}
	return fields
}

// kind is the kind of an input of which the form does not say it.
func (d *detector) kind(in Input, fields []*field) Kind {
	switch in.Role {
	case Prompt, NegativePrompt:
		return Text
	case SeedRole:
		return Seed
	}
	first := fields[0]
	kind := kindOf(first)
	switch {
	case first.spec != nil && first.spec.Widget == objectinfo.DynamicCombo:
		kind = Choice
	case kind == Choice && first.spec.Choices == nil:
		kind = Text // a list that only ComfyUI's own page fetches
	case kind == "":
		kind = Text
	}
	for _, f := range fields[1:] {
		if kind == Number && kindOf(f) == Integer {
			kind = Integer // it goes into both
		}
	}
	return kind
}

// specs returns the words of ComfyUI on a field, and on those that take a value that stands on a node of its own.
func (d *detector) specs(f *field) (specs []*objectinfo.Input) {
	add := func(spec *objectinfo.Input) {
		if spec != nil && spec.Widget != "" {
			specs = append(specs, spec)
		}
	}
	add(f.spec)
	for _, u := range d.takers(f) {
		add(u.spec)
	}
	return specs
}

// value makes a graph's own value one of the kind, as ComfyUI does ("64" counts as 64); nil where it is none.
func value(of any, kind Kind) any {
	switch kind {
	case Integer, Number:
		if text, ok := of.(string); ok {
			of = json.Number(strings.TrimSpace(text))
		}
		r, ok := jsontree.Exact(of)
		switch {
		case !ok:
			return nil
		case kind == Integer:
			return json.Number(floor(r).String())
		}
		if f, isFloat := of.(float64); isFloat {
			return json.Number(jsontree.Append(nil, f))
		}
		return of
	case Boolean:
		if b, ok := of.(bool); ok {
			return b
		}
		return nil
	case Choice:
		if of == nil {
			return nil
		}
		return text(of)
	default:
		if s, ok := of.(string); ok {
			return s
		}
		if kind == Text && of != nil {
			return text(of)
		}
		return nil
	}
}

// choose fills in what there is to choose from: what all fields offer, and of that what the form names.
func (in *Input) choose(f *field, specs []*objectinfo.Input) {
	named := in.Choices
	in.Choices = choicesOf(f)
	for _, spec := range specs {
		if spec != f.spec && spec.Type == objectinfo.Combo && spec.Choices != nil && in.Choices != nil {
			others := texts(spec.Choices)
			in.Choices = slices.DeleteFunc(in.Choices, func(c string) bool { return !slices.Contains(others, c) })
		}
	}
	if named != nil && in.Choices != nil {
		in.Choices = slices.DeleteFunc(slices.Clone(named), func(c string) bool { return !slices.Contains(in.Choices, c) })
	} else if named != nil {
		in.Choices = named
	}
	if f.ownChoices() || f.spec == nil {
		return
	}
	stands := map[string]any{}
	typed := false
	for _, choice := range f.spec.Choices {
		_, isText := choice.(string)
		typed = typed || !isText
		stands[text(choice)] = choice
	}
	if !typed {
		return
	}
	in.Values = make([]any, len(in.Choices))
	for i, c := range in.Choices {
		in.Values[i] = stands[c]
	}
}

// ownChoices tells that the node itself holds what there is to choose from.
func (f *field) ownChoices() bool { return f.node.Class == "CustomCombo" && f.name == "choice" }

// choicesOf are the choices of a field; nil: not known.
func choicesOf(f *field) []string {
	if f.ownChoices() {
		var own []string
		for i := 1; ; i++ {
			option, ok := f.node.Input("option" + strconv.Itoa(i))
			if !ok || option == "" {
				return own
			}
			own = append(own, text(option))
		}
	}
	if f.spec == nil {
		return nil
	}
	if f.spec.Widget == objectinfo.DynamicCombo {
		var keys []string
		for _, option := range f.spec.Options {
			keys = append(keys, option.Key)
		}
		return keys
	}
	if f.spec.Choices == nil {
		return nil
	}
	return texts(f.spec.Choices)
}

func texts(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = text(v)
	}
	return all
}

// text is a choice for people. Numbers that are the same are so here: 1.0 is 1.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	if link, ok := value.(graph.Link); ok {
		return fmt.Sprintf("node %s", link.Node)
	}
	if f, ok := jsontree.Float(value); ok {
		value = f
	}
	return string(jsontree.Append(nil, value))
}
