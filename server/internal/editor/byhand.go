package editor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// The page adds some widgets by hand, which /object_info does not tell.

// customCombo is a class whose choices stand on the node.
const customCombo = "CustomCombo"

// before are those that stand in front of a widget.
func (r *widgetReader) before(name string) {
	if r.class != "Load3D" || name != "image" {
		return
	}
	for _, button := range [][2]string{
		{"upload 3d model", "upload3dmodel"}, {"upload extra resources", "uploadExtraResources"}, {"clear", "clear"},
	} {
		r.button(button[0], button[1])
	}
}

// button is one that is exported as if it were a value.
func (r *widgetReader) button(name, value string) {
	r.add(&widget{name: name, value: r.next(value), exported: true})
}

// remote are the widgets beside a list of choices that the page asks for elsewhere.
func (r *widgetReader) remote(in *objectinfo.Input) {
	if in.RemoteControl {
		r.place("Auto-refresh after generation")
	}
	if in.RemoteRefresh {
		r.button("refresh", "refresh")
	}
}

// byHand are those at the end.
func (r *widgetReader) byHand(class *objectinfo.Class) {
	switch class.Name {
	case "SaveGLB", "Preview3D":
		r.add(&widget{name: "image", value: r.next(""), exported: true})
	case "WebcamCapture":
		r.button("waiting for camera...", "capture")
	case "RecordAudio":
		r.place("audio")
	case customCombo:
		r.customCombo()
	}
	for _, in := range class.Inputs {
		if in.Widget == objectinfo.Combo && in.Upload != objectinfo.NoUpload && in.Upload != objectinfo.FileUpload {
			r.place("upload")
		}
	}
}

// customCombo reads the choices that a person writes on the node itself: the place of the chosen one, and as many as there
// are with an empty one at the end.
func (r *widgetReader) customCombo() {
	index := &widget{name: "index", value: r.next(0.0), exported: true}
	r.add(index)
	var options []any
	for n := 1; ; n++ {
		value := r.next("")
		options = append(options, value)
		r.add(&widget{name: "option" + strconv.Itoa(n), value: value, exported: true})
		if (value == "" || value == nil || value == any(undefined{})) && r.at >= len(r.values) {
			break
		}
	}
	choice := r.widgets[0]
	if choice.value == nil || choice.value == any(undefined{}) {
		choice.value = options[0]
	}
	index.value = float64(slices.IndexFunc(options, func(o any) bool { return sameText(o, choice.value) }))
}

func sameText(a, b any) bool {
	x, ok := a.(string)
	y, both := b.(string)
	return ok && both && x == y
}

// repairSampler takes what very old files say.
func (n *node) repairSampler() {
	if w := n.widget("sampler_name"); w != nil {
		if text, ok := w.value.(string); ok {
			w.value = strings.TrimPrefix(text, "sample_")
		}
	}
}
