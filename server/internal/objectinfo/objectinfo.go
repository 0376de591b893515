// Package objectinfo reads what ComfyUI answers to GET /object_info: its node classes, their inputs in the order of the page,
// and which of these are widgets, that is, take a value on the node itself.
package objectinfo

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Info is the node classes of one ComfyUI. It is immutable.
type Info struct {
	classes map[string]*Class
}

// Class is a node class.
type Class struct {
	Name        string
	DisplayName string
	Description string
	Module      string // the Python module that defines it, such as "nodes" or "custom_nodes.ComfyUI-KJNodes"
	Output      bool   // it runs for its effect, such as saving
	Partner     bool   // it calls a paid service
	Inputs      []*Input
	Outputs     []Output
}

// Output is one result of a class.
type Output struct {
	Name, Type string
}

// Input is one input of a class.
type Input struct {
	Name     string
	Type     string // of the data; "COMBO" for a list of choices
	Required bool
	Widget   string // the kind of its widget; empty when it takes links alone

	Label         string // of its own, if any
	Help          string
	Default       any // as jsontree has it; nil: none
	HasDefault    bool
	Min, Max      json.Number // empty: none
	Step, Round   json.Number // empty: none
	Multiline     bool
	DynamicPrompt bool // {a|b} and comments are resolved by the page
	Advanced      bool
	Hidden        bool
	ForceInput    bool // a value that comes by link alone
	Control       bool // the page keeps "control after generate" beside it: a seed
	MultiSelect   bool
	Remote        bool  // the page asks for the choices elsewhere
	RemoteRefresh bool  // and has a button for asking again
	RemoteControl bool  // or does so after each run
	Choices       []any // of a COMBO, as jsontree has them
	Upload        Upload

	Options  []Option  // of a dynamic combo
	Autogrow *Autogrow // of an input that grows
}

// Upload is the kind of file that a choice stands for.
type Upload string

// The kinds of files.
const (
	NoUpload    Upload = ""
	ImageUpload Upload = "image"
	VideoUpload Upload = "video"
	AudioUpload Upload = "audio"
	FileUpload  Upload = "file" // a 3D model in ComfyUI's own nodes
)

// Option is one choice of a dynamic combo, with the inputs that it brings.
type Option struct {
	Key    string
	Inputs []*Input
}

// Autogrow is the rule by which an input grows.
type Autogrow struct {
	Prefix string
	Names  []string
	Input  *Input // what each of them is like; nil when it is not told
}

// Kinds of widgets that are handled apart.
const (
	Int          = "INT"
	Float        = "FLOAT"
	Boolean      = "BOOLEAN"
	String       = "STRING"
	Combo        = "COMBO"
	DynamicCombo = "COMFY_DYNAMICCOMBO_V3"
	BoundingBox  = "BOUNDING_BOX"
	ImageCompare = "IMAGECOMPARE"
)

const autogrowType = "COMFY_AUTOGROW_V3"

// widgets are the types that the page has a widget for.
var widgets = map[string]bool{
	Int:                true,
	Float:              true,
	Boolean:            true,
	String:             true,
	Combo:              true,
	DynamicCombo:       true,
	BoundingBox:        true,
	ImageCompare:       true,
	"COLOR":            true,
	"COLORS":           true,
	"CURVE":            true,
	"RANGE":            true,
	"BOUNDING_BOXES":   true,
	"PAINTER":          true,
	"COMPOSITOR":       true,
	"TEXTAREA":         true,
	"MARKDOWN":         true,
	"VIDEO_EDIT":       true,
	"LOAD_3D":          true,
	"LOAD_3D_ADVANCED": true,
	"WEBCAM":           true,
	"AUDIO_RECORD":     true,
}

// Parse reads the answer. What is odd in one class is passed over: the page does so too.
func Parse(data []byte) (*Info, error) {
	value, err := jsontree.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("the answer to /object_info is no JSON: %w", err)
	}
	object, ok := value.(*jsontree.Object)
	if !ok {
		return nil, fmt.Errorf("the answer to /object_info is no object with node classes")
	}
	info := &Info{classes: make(map[string]*Class, len(object.Members))}
	for _, m := range object.Members {
		if body, ok := m.Value.(*jsontree.Object); ok && body.Object("input") != nil {
			info.classes[m.Key] = class(m.Key, body)
		}
	}
	if len(info.classes) == 0 {
		return nil, fmt.Errorf("the answer to /object_info has no node classes")
	}
	return info, nil
}

// Class returns a class by its name, nil when ComfyUI has none. A nil Info knows no classes.
func (i *Info) Class(name string) *Class {
	if i == nil {
		return nil
	}
	return i.classes[name]
}

// Classes returns all of them by name; it must not be changed.
func (i *Info) Classes() map[string]*Class { return i.classes }

// HasPack tells whether any class comes from a pack of custom nodes whose folder has a name with this part, in any case.
func (i *Info) HasPack(part string) bool {
	for _, c := range i.classes {
		if folder, ok := strings.CutPrefix(c.Module, "custom_nodes."); ok && strings.Contains(strings.ToLower(folder), strings.ToLower(part)) {
			return true
		}
	}
	return false
}

// Input returns an input by its name, also one of a dynamic combo ("combo.name") or of an input that grows
// ("group.image0"). It is nil when there is none. Where options of a combo share a name, the first is returned.
func (c *Class) Input(name string) *Input { return find(c.Inputs, "", name) }
