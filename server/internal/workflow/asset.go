package workflow

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

// takes says which kinds of files inputs of a kind take, beside those of the same kind.
var takes = map[form.FileKind][]form.FileKind{
	form.Mask:  {form.Image},
	form.Audio: {form.Video}, // of which the sound is taken
}

// kindWords are for people.
var kindWords = map[form.FileKind]string{
	form.Image:        "a picture",
	form.Mask:         "a mask",
	form.Video:        "a video",
	form.Audio:        "a sound",
	form.Model3D:      "a 3D model",
	form.WorkflowFile: "a workflow",
}

// RefusesKind says in words why an input cannot take a file of a kind, or nothing when it can.
func (o Offer) RefusesKind(input string, kind form.FileKind) string {
	in := o.Form.Named(input)
	if in == nil || in.Kind != form.File || in.File == kind || slices.Contains(takes[in.File], kind) {
		return ""
	}
	return "takes " + kindWords[in.File] + ", and the file is " + kindWords[kind]
}
