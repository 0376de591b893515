package form

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// kindOf is the kind of values that a field takes, by its class or else by its value; empty when a form cannot set it:
// lists, objects, and choices on which it depends what other inputs there are.
func kindOf(f *field) Kind {
	if isLink(f.value) {
		return ""
	}
	if f.spec != nil {
		switch f.spec.Widget {
		case objectinfo.Int:
			if isSeed(f) {
				return Seed
			}
			return Integer
		case objectinfo.Float:
			return Number
		case objectinfo.Boolean:
			return Boolean
		case objectinfo.String:
			return Text
		case objectinfo.Combo:
			if f.spec.Upload != objectinfo.NoUpload {
				return File
			}
			if f.spec.MultiSelect {
				return ""
			}
			return Choice
		}
		return ""
	}
	if f.class != nil { // the page's own
		return ""
	}
	switch value := f.value.(type) {
	case bool:
		return Boolean
	case string:
		return Text
	case json.Number, float64:
		if n, ok := jsontree.Float(value); ok && n == float64(int64(n)) {
			if seedName(f.name) {
				return Seed
			}
			return Integer
		}
		return Number
	}
	return ""
}

func isLink(value any) bool {
	_, linked := value.(graph.Link)
	return linked
}

func isSeed(f *field) bool { return f.seed || f.spec.Control && seedName(f.name) || seedName(f.name) }

func seedName(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == "seed" || last == "noise_seed" || strings.HasSuffix(last, "_seed")
}

var modelFile = regexp.MustCompile(`(?i)\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx|engine|yaml)$`)

// withheld tells that a field is not for people who book: models, devices and the names of files.
func withheld(f *field) bool {
	last := f.name[strings.LastIndexByte(f.name, '.')+1:]
	switch last {
	case "filename_prefix", "device", "weight_dtype", "dtype", "precision", "offload_device", "cache", "quantization":
		return true
	}
	if kindOf(f) != Choice {
		text, _ := f.value.(string)
		return kindOf(f) == Text && modelFile.MatchString(text) && strings.HasSuffix(last, "_name")
	}
	if strings.Contains(f.node.Class, "Loader") {
		return true
	}
	text, _ := f.value.(string)
	if modelFile.MatchString(text) {
		return true
	}
	for _, choice := range f.spec.Choices {
		if text, ok := choice.(string); ok && modelFile.MatchString(text) {
			return true
		}
	}
	return false
}

// file is the kind of file that a field is for.
func (d *detector) file(f *field) (kind FileKind, withMask bool) {
	switch f.spec.Upload {
	case objectinfo.VideoUpload:
		return Video, false
	case objectinfo.AudioUpload:
		return Audio, false
	case objectinfo.FileUpload:
		return Model3D, false
	}
	image, mask := false, false
	for slot, out := range f.class.Outputs {
		used := len(d.users[graph.Link{Node: f.node.ID, Slot: slot}]) > 0
		image = image || used && out.Type == "IMAGE"
		mask = mask || used && out.Type == "MASK"
	}
	if mask && !image {
		return Mask, false
	}
	return Image, mask
}
