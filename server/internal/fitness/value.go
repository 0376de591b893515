package fitness

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// refuses says why ComfyUI would not take a value. The text goes on after the node's name.
func refuses(class string, spec *objectinfo.Input, field string, value any) (p Problem, wrong bool) {
	switch spec.Type {
	case objectinfo.Int, objectinfo.Float:
		return refusesNumber(spec, field, value)
	case objectinfo.DynamicCombo:
		keys := make([]string, len(spec.Options))
		for i, option := range spec.Options {
			keys[i] = option.Key
		}
		if asText := text(value); !slices.Contains(keys, asText) {
			return notOffered(class, spec, field, keys, asText)
		}
	case objectinfo.Combo:
		if spec.Choices == nil || spec.MultiSelect {
			return Problem{}, false // ComfyUI does not tell what there is, or takes several
		}
		asText := text(value)
		if choices := texts(spec.Choices); !slices.Contains(choices, asText) {
			return notOffered(class, spec, field, choices, asText)
		}
	}
	return Problem{}, false
}

func refusesNumber(spec *objectinfo.Input, field string, value any) (p Problem, wrong bool) {
	number := value
	if text, ok := value.(string); ok {
		number = json.Number(strings.TrimSpace(text)) // "64" counts as 64
	}
	r, ok := jsontree.Exact(number)
	if !ok {
		kind := "a number"
		if spec.Type == objectinfo.Int {
			kind = "a whole number"
		}
		return Problem{Kind: Other, Text: fmt.Sprintf("has %v in the field %s, which takes %s", value, field, kind)}, true
	}
	for _, limit := range []struct {
		value json.Number
		sign  int
		words string
	}{{spec.Min, -1, "at least"}, {spec.Max, 1, "at most"}} {
		if bound, ok := jsontree.Exact(limit.value); ok && r.Cmp(bound) == limit.sign {
			return Problem{
				Kind: ValueNotOffered,
				Text: fmt.Sprintf("has %v in the field %s, which takes %s %s", value, field, limit.words, limit.value),
			}, true
		}
	}
	return Problem{}, false
}

var modelExtensions = []string{".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".pt2", ".bin", ".gguf", ".onnx"}

// notOffered explains a choice that ComfyUI does not offer.
func notOffered(class string, spec *objectinfo.Input, field string, choices []string, value string) (p Problem, wrong bool) {
	isModel := slices.Contains(modelExtensions, strings.ToLower(path.Ext(value)))
	name := baseName(value)
	elsewhere := slices.IndexFunc(choices, func(c string) bool { return baseName(c) == name })
	p = Problem{Kind: ValueNotOffered}
	switch {
	case elsewhere >= 0:
		p.Text = fmt.Sprintf("names the file %s, which this ComfyUI has as %s: change %s in the workflow", value, choices[elsewhere], field)
	case spec.Upload != objectinfo.NoUpload:
		if strings.ContainsAny(value, `/\[`) {
			return Problem{}, false // files in folders are taken, but not listed
		}
		p.Kind, p.File = MissingFile, value
		p.Text = fmt.Sprintf("needs the file %s, which is not there: put it into ComfyUI's input folder", value)
	case isModel:
		p.Kind, p.File, p.Folder, p.Nearest = MissingModel, value, ModelFolder(class, field), nearest(value, choices)
		p.Text = needsModel(p)
	case len(choices) == 0:
		return Problem{}, false // the page fills the list, and the node takes what it is given
	default:
		p.Nearest = nearest(value, choices)
		p.Text = fmt.Sprintf("has %q in the field %s, which this ComfyUI does not offer there (it has %s)", value, field, list(choices))
		if p.Nearest != "" {
			p.Text += fmt.Sprintf(": choose %s, which is most like it", p.Nearest)
		}
	}
	return p, true
}

// text is a choice as a text. Numbers that are the same are so here: 1.0 is 1.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	if f, ok := jsontree.Float(value); ok {
		value = f
	}
	return string(jsontree.Append(nil, value))
}

func texts(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = text(v)
	}
	return all
}

// baseName is a file's name without folders, whichever system wrote it.
func baseName(file string) string {
	return path.Base(strings.ReplaceAll(file, `\`, "/"))
}

// list names the first few.
func list(texts []string) string {
	const shown = 10
	if len(texts) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:shown], ", "), len(texts)-shown)
	}
	return strings.Join(texts, ", ")
}
