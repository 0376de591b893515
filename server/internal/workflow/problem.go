package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Problem is something that the template needs and ComfyUI does not have.
type Problem struct {
	NodeID string
	Text   string // for the operator: what is missing and what to do
}

// problems names what keeps ComfyUI from running the graph: classes and files that it does not have, values that it does
// not take. ComfyUI looks for the class of every node, but at the values of those only whose result somebody saves.
func (t *Template) problems(classes map[string]Class) []Problem {
	var found []Problem
	add := func(id, format string, args ...any) {
		found = append(found, Problem{id, "node " + id + " (" + t.nodes[id].ClassType + ") " + fmt.Sprintf(format, args...)})
	}
	var outputs []string
	for _, id := range slices.Sorted(maps.Keys(t.nodes)) {
		class, known := classes[t.nodes[id].ClassType]
		if !known {
			add(id, "is of a class that this ComfyUI does not have: update ComfyUI, or install the node pack that has it")
		}
		if class.Output || !known {
			outputs = append(outputs, id)
		}
	}
	if len(outputs) == 0 {
		found = append(found, Problem{Text: "no node of the graph saves anything: it needs one such as SaveImage"})
	}
	used := t.reachable(outputs)
	for _, id := range slices.Sorted(maps.Keys(used)) {
		n := t.nodes[id]
		inputs := classes[n.ClassType].Inputs
		for _, field := range slices.Sorted(maps.Keys(n.Inputs)) {
			input, known := inputs[field]
			if _, linked := link(n.Inputs[field]); !known || linked {
				continue
			}
			if text := input.refuses(n.Inputs[field], field); text != "" {
				add(id, "%s", text)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.bindings)) {
		found = append(found, t.kindProblems(name, classes)...)
	}
	return found
}

// reachable are the nodes whose results go into the given ones, and these.
func (t *Template) reachable(from []string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		id := from[len(from)-1]
		from = from[:len(from)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		for _, value := range t.nodes[id].Inputs {
			if source, ok := link(value); ok {
				from = append(from, source)
			}
		}
	}
	return seen
}

// refuses says why ComfyUI would not take the template's own value, or nothing when it would.
func (i Input) refuses(value any, field string) string {
	switch i.Kind {
	case KindInteger, KindNumber:
		n, ok := numberIn(value)
		if !ok {
			return fmt.Sprintf("has %v in the field %s, which takes %v", value, field, i.Kind)
		}
		r, _ := exact(n)
		for _, limit := range []struct {
			value json.Number
			sign  int
			words string
		}{{i.Min, -1, "at least"}, {i.Max, 1, "at most"}} {
			if bound, ok := exact(limit.value); ok && r.Cmp(bound) == limit.sign {
				return fmt.Sprintf("has %s in the field %s, which takes %s %s", n, field, limit.words, limit.value)
			}
		}
	case KindChoice:
		if text := fmt.Sprint(value); i.Choices != nil && !slices.Contains(i.Choices, text) {
			return i.missing(field, text)
		}
	}
	return ""
}

// modelFolders are the folders below ComfyUI's models folder by the field that names a file in them.
var modelFolders = map[string]string{
	"unet_name":             "diffusion_models",
	"clip_name":             "text_encoders",
	"clip_name1":            "text_encoders",
	"clip_name2":            "text_encoders",
	"clip_name3":            "text_encoders",
	"clip_name4":            "text_encoders",
	"vae_name":              "vae",
	"ckpt_name":             "checkpoints",
	"lora_name":             "loras",
	"control_net_name":      "controlnet",
	"style_model_name":      "style_models",
	"gligen_name":           "gligen",
	"hypernetwork_name":     "hypernetworks",
	"photomaker_model_name": "photomaker",
	"audio_encoder_name":    "audio_encoders",
	"bg_removal_name":       "background_removal",
	"model_name":            "upscale_models",
}

var modelExtensions = []string{".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".pt2", ".bin", ".gguf", ".onnx"}

// missing explains a choice that ComfyUI does not offer.
func (i Input) missing(field, value string) string {
	isModel := slices.Contains(modelExtensions, strings.ToLower(path.Ext(value)))
	folder, known := modelFolders[field]
	if !known {
		folder = "<the folder for its kind>"
	}
	name := baseName(value)
	elsewhere := slices.IndexFunc(i.Choices, func(c string) bool { return baseName(c) == name })
	switch {
	case elsewhere >= 0:
		return fmt.Sprintf("names the file %s, which this ComfyUI has as %s: change %s in the template", value, i.Choices[elsewhere], field)
	case i.Upload:
		if strings.ContainsAny(value, `/\[`) {
			return "" // files in folders are taken, but not listed
		}
		return fmt.Sprintf("needs the file %s, which is not there: put it into ComfyUI's input folder", value)
	case isModel:
		return fmt.Sprintf("needs the model file %s, which is not there: put it into models/%s and start again", value, folder)
	case len(i.Choices) == 0:
		return fmt.Sprintf("has %q in the field %s, for which this ComfyUI has nothing to choose from", value, field)
	default:
		return fmt.Sprintf("has %q in the field %s, which this ComfyUI does not offer there (it has %s)", value, field, list(i.Choices))
	}
}

// baseName is a file's name without folders, whichever system wrote it.
func baseName(file string) string {
	return path.Base(strings.ReplaceAll(file, `\`, "/"))
}

// kindProblems tells when a parameter is mapped to fields of the wrong kind.
func (t *Template) kindProblems(name string, classes map[string]Class) (found []Problem) {
	fits := func(Kind) bool { return true }
	wants := "the same kind of value everywhere"
	switch name {
	case PromptParameter:
		fits, wants = func(k Kind) bool { return k == KindText }, KindText.String()
	case SeedParameter:
		fits, wants = func(k Kind) bool { return k == KindInteger || k == KindNumber }, KindInteger.String()
	default:
		if inputs := t.inputs(t.bindings[name], classes); len(inputs) > 0 {
			numeric := func(k Kind) bool { return k == KindInteger || k == KindNumber }
			fits = func(k Kind) bool { return k == inputs[0].Kind || numeric(k) && numeric(inputs[0].Kind) }
		}
	}
	for _, target := range t.bindings[name].Targets {
		n := t.nodes[target.NodeID]
		if input, known := classes[n.ClassType].Inputs[target.Field]; known && !fits(input.Kind) {
			found = append(found, Problem{target.NodeID, fmt.Sprintf(
				"parameter_map.%s names the field %s of node %s (%s), which takes %v; it needs %s", name, target.Field, target.NodeID, n.ClassType,
				input.Kind, wants)})
		}
	}
	return found
}
