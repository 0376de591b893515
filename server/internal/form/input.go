package form

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// input describes a field.
func (d *detector) input(f *field) Input {
	in := Input{Kind: kindOf(f), Role: f.role, Help: f.help}
	if f.seed {
		in.Kind = Seed
	}
	in.Targets = []Target{{Node: f.node.ID, Field: f.name}}
	for _, t := range d.merged[f] {
		in.Targets = append(in.Targets, Target{Node: t.Node, Field: t.Field})
	}
	specs := d.specs(f)
	for _, spec := range specs {
		if in.Help == "" {
			in.Help = spec.Help
		}
		in.Multiline = in.Multiline || spec.Multiline
	}
	switch in.Kind {
	case Integer, Number, Seed:
		in.Default = number(f.value, in.Kind)
		in.limit(specs)
	case Text:
		in.Multiline = in.Multiline || f.role == Prompt || f.role == NegativePrompt
		in.Default, _ = f.value.(string)
	case Boolean:
		in.Default = f.value
		if _, ok := f.value.(bool); !ok {
			in.Default = nil
		}
	case Choice:
		d.choices(&in, f)
	case File:
		in.File, in.WithMask = d.file(f)
		if text, ok := f.value.(string); ok && text != "" {
			in.Default = text
		}
		in.Optional = !f.spec.Required
	}
	in.Label = d.label(f, in)
	in.Hidden = hidden(f, in)
	return in
}

// hidden tells that an input is not shown at first.
func hidden(f *field, in Input) bool {
	if withheld(f) {
		return true
	}
	if in.Kind == File || f.role != "" || f.app > 0 || f.shown > 0 {
		return false
	}
	return true
}

// specs gives ComfyUI's words on the fields of an input, and on those that take a value that stands on a node of its own.
func (d *detector) specs(f *field) (specs []*objectinfo.Input) {
	add := func(spec *objectinfo.Input) {
		if spec != nil && spec.Widget != "" {
			specs = append(specs, spec)
		}
	}
	add(f.spec)
	for _, t := range d.merged[f] {
		if n := d.graph.Node(t.Node); n != nil {
			add(d.spec(n, t.Field))
		}
	}
	for _, u := range d.takers(f) {
		add(u.spec)
	}
	return specs
}

// limit narrows the range to what all fields take.
func (in *Input) limit(specs []*objectinfo.Input) {
	for _, spec := range specs {
		if spec.Type != objectinfo.Int && spec.Type != objectinfo.Float {
			continue
		}
		in.Min = narrower(in.Min, spec.Min, 1)
		in.Max = narrower(in.Max, spec.Max, -1)
		if step, ok := jsontree.Float(spec.Step); ok && step > 0 {
			if known, ok := jsontree.Float(in.Step); !ok || step > known {
				in.Step = spec.Step
			}
		}
	}
	if in.Kind != Seed {
		in.Min, in.Max = sensible(in.Min), sensible(in.Max)
		return
	}
	in.Step = ""
	if low, ok := jsontree.Float(in.Min); !ok || low < 0 {
		in.Min = "0"
	}
	if high, ok := jsontree.Float(in.Max); !ok || high > math.MaxUint64 {
		in.Max = json.Number(strconv.FormatUint(math.MaxUint64, 10))
	}
	if value, ok := jsontree.Float(in.Default); ok && value < 0 {
		in.Default = nil // a node's own word for "any"
	}
}

// sensible leaves out a limit that only says how large a number can be.
func sensible(n json.Number) json.Number {
	if f, ok := jsontree.Float(n); !ok || n == "" || math.Abs(f) >= 1<<53 {
		return ""
	}
	return n
}

// narrower is the larger (with sign 1) or smaller (with sign -1) of two limits.
func narrower(a, b json.Number, sign float64) json.Number {
	x, hasA := jsontree.Float(a)
	y, hasB := jsontree.Float(b)
	switch {
	case b == "" || !hasB || math.IsInf(y, 0) || math.IsNaN(y):
		return a
	case a == "" || !hasA || (y-x)*sign > 0:
		return b
	}
	return a
}

func number(value any, kind Kind) any {
	n, ok := value.(json.Number)
	if !ok {
		f, isFloat := value.(float64)
		if !isFloat {
			return nil
		}
		n = json.Number(jsontree.Append(nil, f))
	}
	f, ok := jsontree.Float(n)
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) || kind != Number && f != math.Trunc(f) {
		return nil
	}
	return n
}

// choices finds the texts to choose from. The page's own list of choices tells them on the node itself.
func (d *detector) choices(in *Input, f *field) {
	list := f.spec.Choices
	if f.node.Class == "CustomCombo" && f.name == "choice" {
		list = nil
		for i := 1; ; i++ {
			option, ok := f.node.Input("option" + strconv.Itoa(i))
			if !ok || option == "" {
				break
			}
			list = append(list, option)
		}
		if index, ok := f.node.Input("index"); ok && !isLink(index) {
			in.Targets = append(in.Targets, Target{Node: f.node.ID, Field: "index", Position: true})
		}
	}
	typed := false
	for _, choice := range list {
		_, isText := choice.(string)
		typed = typed || !isText
		in.Choices = append(in.Choices, text(choice))
	}
	if typed {
		in.Values = list
	}
	if f.value != nil {
		in.Default = text(f.value)
	}
}

// text is a choice for people. Numbers that are the same are so here: 1.0 is 1.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	if f, ok := jsontree.Float(value); ok {
		value = f
	}
	return string(jsontree.Append(nil, value))
}

var roleLabels = map[Role]string{
	Prompt:         "Prompt",
	NegativePrompt: "Negative prompt",
	SeedRole:       "Seed",
	Width:          "Width",
	Height:         "Height",
	Steps:          "Steps",
	Guidance:       "Guidance",
	Batch:          "Batch size",
	Frames:         "Frames",
	Seconds:        "Seconds",
	FPS:            "Frames per second",
}

// label is an input's name for people: the author's, that of its role, its node's title where the field has no name of its
// own, else the field's.
func (d *detector) label(f *field, in Input) string {
	if f.label != "" {
		return sentence(f.label)
	}
	if in.Role != "" {
		return roleLabels[in.Role]
	}
	titled := f.node.Title != "" && (f.class == nil || f.node.Title != f.class.DisplayName) && f.node.Title != f.node.Class
	if titled && (primitive(f.node) || in.Kind == File) {
		return f.node.Title
	}
	if in.Kind == File {
		return map[FileKind]string{Image: "Image", Mask: "Mask", Video: "Video", Audio: "Audio", Model3D: "3D model"}[in.File]
	}
	if f.spec != nil && f.spec.Label != "" {
		return f.spec.Label
	}
	if users := d.takers(f); len(users) > 0 {
		return sentence(users[0].name)
	}
	return sentence(f.name)
}

// sentence makes words of a name: "guidance_scale" becomes "Guidance scale".
func sentence(name string) string {
	name = name[strings.LastIndexByte(name, '.')+1:]
	name = strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	for i, r := range name {
		return string(unicode.ToUpper(r)) + name[i+len(string(r)):]
	}
	return "Value"
}

// name gives every input a name for programs, and tells labels apart that are the same.
func name(inputs []Input) {
	names, labels := map[string]int{}, map[string]int{}
	for i := range inputs {
		in := &inputs[i]
		base := string(in.Role)
		if base == "" {
			base = identifier(in.Label)
		}
		names[base]++
		in.Name = base
		for n := names[base]; n > 1; n++ {
			in.Name = base + "_" + strconv.Itoa(n)
			if names[in.Name] == 0 {
				names[in.Name]++
				break
			}
		}
		if labels[in.Label]++; labels[in.Label] > 1 {
			in.Label = fmt.Sprintf("%s %d", in.Label, labels[in.Label])
		}
	}
}

func identifier(label string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(label) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	out := strings.Trim(b.String(), "_")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = strings.Trim("value_"+out, "_")
	}
	const most = 60
	return strings.Trim(out[:min(len(out), most)], "_")
}
