// Package form finds out what a person would want to set on a workflow: its inputs, each with a kind, a range or choices, a
// label, a default, the fields of the graph that it stands for, and what it means. It looks at the graph, at ComfyUI's node
// classes and at what the author of the workflow chose to show; it asks nobody.
package form

import "encoding/json"

// Form holds the inputs of a workflow, in the order in which to show them. Hidden ones are what else could be set.
//
// A form is kept with what people said of it, or what was detected: which inputs there are, their names, labels, roles and
// targets, which are hidden, and limits, defaults and choices that somebody chose. Everything else is empty there, also the kind
// where ComfyUI says it; Describe fills it in. So a new model is among the choices without a new form.
type Form struct {
	Inputs []Input `json:"inputs"`
}

// Input is one value that a booking may set.
type Input struct {
	Name     string `json:"name"`  // for programs: lower-case letters, digits and _; unique in the form
	Label    string `json:"label"` // for people; unique in the form
	Help     string `json:"help,omitempty"`
	Role     Role   `json:"role,omitempty"`
	Kind     Kind   `json:"kind"`
	Optional bool   `json:"optional,omitempty"`
	Hidden   bool   `json:"hidden,omitempty"`

	Min       json.Number `json:"min,omitempty"` // of Integer, Number and Seed, inclusive; empty: none
	Max       json.Number `json:"max,omitempty"`
	Step      json.Number `json:"step,omitempty"`
	Multiline bool        `json:"multiline,omitempty"` // of Text
	Choices   []string    `json:"choices,omitempty"`   // of Choice; empty: what there is to choose from is not known
	Values    []any       `json:"values,omitempty"`    // what the choices stand for in the graph; empty: the texts themselves
	File      FileKind    `json:"file,omitempty"`      // of File
	WithMask  bool        `json:"with_mask,omitempty"` // of an image: its transparent parts are used as a mask

	// Default is used when a booking gives no value: json.Number, string or bool; nil: none. It is the value in the graph,
	// unless a person chose another one; seeds and prompts have only one that was chosen.
	Default any      `json:"default,omitempty"`
	Example string   `json:"example,omitempty"` // of a prompt: the text in the graph
	Targets []Target `json:"targets"`           // at least one
}

// Target is a field of a node that gets the value.
type Target struct {
	Node  string `json:"node_id"`
	Field string `json:"field"`
	// Position says that the field gets the place of the choice among Choices, counted from 0.
	Position bool `json:"position,omitempty"`
}

// Kind is the kind of an input's values.
type Kind string

// The kinds.
const (
	Integer Kind = "integer"
	Number  Kind = "number"
	Text    Kind = "text"
	Boolean Kind = "boolean"
	Choice  Kind = "choice"
	Seed    Kind = "seed" // a whole number from 0 up, of up to 64 bits
	File    Kind = "file"
)

// Role tells what an input means, where that is known. At most one input has each role.
type Role string

// The roles.
const (
	Prompt         Role = "prompt"
	NegativePrompt Role = "negative_prompt"
	SeedRole       Role = "seed"
	Width          Role = "width"
	Height         Role = "height"
	Steps          Role = "steps"
	Guidance       Role = "guidance"
	Batch          Role = "batch"
	Frames         Role = "frames"
	Seconds        Role = "seconds"
	FPS            Role = "fps"
)

// FileKind is the kind of a file that is handed in.
type FileKind string

// The kinds of files.
const (
	Image   FileKind = "image"
	Mask    FileKind = "mask"
	Video   FileKind = "video"
	Audio   FileKind = "audio"
	Model3D FileKind = "model_3d"

	WorkflowFile FileKind = "workflow" // that is to be imported; no input takes it
)

// Named returns the input with a name, nil when there is none.
func (f *Form) Named(name string) *Input {
	for i := range f.Inputs {
		if f.Inputs[i].Name == name {
			return &f.Inputs[i]
		}
	}
	return nil
}

// With returns the input with a role, nil when there is none.
func (f *Form) With(role Role) *Input {
	for i := range f.Inputs {
		if f.Inputs[i].Role == role {
			return &f.Inputs[i]
		}
	}
	return nil
}
