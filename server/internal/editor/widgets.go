package editor

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// undefined is JavaScript's value for what is not there. It is never exported.
type undefined struct{}

// widget is a value on a node.
type widget struct {
	name     string
	input    *objectinfo.Input // nil for those that the page adds itself
	value    any
	exported bool // false: only keeps a place in widgets_values
	at       int  // its place in widgets_values; -1: none

	primitive *node // the PrimitiveNode that it has its value from
}

// readWidgets gives the node its widgets and their values. widgets_values goes by position, so that every widget of the
// page has to be known, also those that are not exported.
func (n *node) readWidgets(class *objectinfo.Class) {
	r := widgetReader{values: n.values, keyed: n.keyed, class: class.Name, taken: -1}
	if !n.keyed {
		r.values, r.places = withoutDummies(n.values, class)
	}
	r.inputs(class.Inputs, "")
	r.byHand(class)
	n.widgets = r.widgets
	n.allowed = r.allowed
	if class.Name == "KSampler" || class.Name == "KSamplerAdvanced" {
		n.repairSampler()
	}
}

// widgetReader deals widgets_values out to the widgets.
type widgetReader struct {
	class   string
	values  []any
	keyed   bool
	places  []int // of values in widgets_values; nil: they are all there is
	at      int
	taken   int // where the last value was; -1: nowhere
	widgets []*widget
	names   map[string]bool // of the inputs of chosen options
	groups  []string        // of growing inputs among these, with the dot
	combos  []string        // dynamic ones, with the dot
}

// next is the next value of widgets_values, the default where they end too early.
func (r *widgetReader) next(otherwise any) any {
	if r.keyed {
		return undefined{}
	}
	at := r.at
	r.at++
	if r.taken = at; at < len(r.places) {
		r.taken = r.places[at]
	} else if r.places != nil {
		r.taken = -1
	}
	if at < len(r.values) {
		return r.values[at]
	}
	return otherwise
}

// add ends the list with a widget that has the value taken last.
func (r *widgetReader) add(w *widget) {
	w.at, r.taken = r.taken, -1
	r.widgets = append(r.widgets, w)
}

// place passes a place in widgets_values that is not exported.
func (r *widgetReader) place(name string) {
	r.add(&widget{name: name, value: r.next(undefined{})})
}

func (r *widgetReader) inputs(inputs []*objectinfo.Input, path string) {
	for _, in := range inputs {
		name := path + in.Name
		if path != "" {
			if r.names == nil {
				r.names = map[string]bool{}
			}
			r.names[name] = true
		}
		if in.Autogrow != nil {
			r.groups = append(r.groups, name+".")
		}
		switch {
		case in.Widget == "":
		case in.Widget == objectinfo.ImageCompare:
			r.add(&widget{name: name, input: in, value: []any{"", ""}, exported: true})
		default:
			r.input(in, name)
		}
	}
}

func (r *widgetReader) input(in *objectinfo.Input, name string) {
	r.before(name)
	w := &widget{name: name, input: in, exported: true}
	w.value = r.next(fresh(in))
	if w.value == nil || w.value == any(undefined{}) {
		if len(in.Choices) > 0 && in.Widget == objectinfo.Combo {
			w.value = javaScript(in.Choices[0])
		}
	}
	r.add(w)
	switch in.Widget {
	case objectinfo.Int:
		if in.Control {
			r.place("control_after_generate")
		}
	case objectinfo.Combo:
		if in.Control {
			r.place("control_after_generate")
			r.place("control_filter_list")
		}
		r.remote(in)
	case objectinfo.BoundingBox:
		for _, side := range []string{"x", "y", "width", "height"} {
			r.place(side)
		}
	case objectinfo.DynamicCombo:
		r.combos = append(r.combos, name+".")
		if key, ok := w.value.(string); ok {
			if option := in.Option(key); option != nil {
				r.inputs(option.Inputs, name+".")
			}
		}
	}
}

// allowed tells whether an input may have a link: those of options that are not chosen may not.
func (r *widgetReader) allowed(input string) bool {
	for _, combo := range r.combos {
		if !strings.HasPrefix(input, combo) || r.names[input] {
			continue
		}
		grows := false
		for _, group := range r.groups {
			grows = grows || strings.HasPrefix(input, group)
		}
		if !grows {
			return false
		}
	}
	return true
}

// fresh is the value of a widget that nobody has touched.
func fresh(in *objectinfo.Input) any {
	if in.Remote {
		return "Loading..."
	}
	if in.HasDefault && in.Default != nil {
		return javaScript(in.Default)
	}
	switch in.Widget {
	case objectinfo.Int, objectinfo.Float:
		return 0.0
	case objectinfo.Boolean:
		return false
	case objectinfo.String, "LOAD_3D", "LOAD_3D_ADVANCED", "WEBCAM", "AUDIO_RECORD", "PAINTER", "TEXTAREA", "MARKDOWN":
		return ""
	case objectinfo.Combo:
		if len(in.Choices) > 0 {
			return javaScript(in.Choices[0])
		}
		return undefined{}
	case objectinfo.DynamicCombo:
		if len(in.Options) > 0 {
			return in.Options[0].Key
		}
		return undefined{}
	case "COLOR":
		return "#000000"
	case "COLORS", "BOUNDING_BOXES":
		return []any{}
	case "COMPOSITOR":
		return &jsontree.Object{}
	}
	return undefined{}
}

// withoutDummies takes out the values that files of old pages hold for inputs that come by link alone: they are there when
// the count says so. Then places tells where the others stand.
func withoutDummies(values []any, class *objectinfo.Class) (kept []any, places []int) {
	var dummy []bool
	some := false
	for _, in := range class.Inputs {
		if in.Widget == "" && !in.ForceInput {
			continue
		}
		dummy = append(dummy, in.ForceInput)
		some = some || in.ForceInput
		if in.Control {
			dummy = append(dummy, false)
		}
	}
	if !some || len(dummy) != len(values) {
		return values, nil
	}
	places = []int{}
	for i, value := range values {
		if !dummy[i] {
			kept, places = append(kept, value), append(places, i)
		}
	}
	return kept, places
}
