package form

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// input returns a field as it is kept: without what ComfyUI alone says of it.
func (d *detector) input(f *field) Input {
	in := Input{Kind: kindOf(f), Role: f.role, Help: f.help}
	if f.seed {
		in.Kind = Seed
	}
	in.Targets = []Target{{Node: f.node.ID, Field: f.name}}
	for _, t := range d.merged[f] {
		in.Targets = append(in.Targets, Target{Node: t.Node, Field: t.Field})
	}
	switch {
	case in.Kind == File:
		in.File, in.WithMask = d.file(f)
		in.Optional = !f.spec.Required
	case f.ownChoices():
		if index, ok := f.node.Input("index"); ok && !isLink(index) {
			in.Targets = append(in.Targets, Target{Node: f.node.ID, Field: "index", Position: true})
		}
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
