// Package edits holds what people changed about how a workflow is offered: its texts, its form, its main result. In the watched
// folder that is a file beside the workflow's own; of imports it is kept in the store. It is pure: files are for others.
package edits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Edits are changes to what a workflow's file says of itself; zero fields change nothing.
type Edits struct {
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Disabled    bool     `json:"disabled,omitempty"`    // it cannot be booked
	MainOutput  string   `json:"main_output,omitempty"` // node whose result is the main one
	Inputs      []Input  `json:"inputs,omitempty"`      // in the order of the form; those that are not named come after
	Only        bool     `json:"only,omitempty"`        // those that are not named are hidden
}

// Input changes the input of the form that has its name, or adds one when it has targets. Zero fields change nothing.
type Input struct {
	Name     string        `json:"name"`
	Targets  []form.Target `json:"targets,omitempty"`
	Label    string        `json:"label,omitempty"`
	Help     string        `json:"help,omitempty"`
	Role     *form.Role    `json:"role,omitempty"` // empty: none
	Hidden   *bool         `json:"hidden,omitempty"`
	Optional *bool         `json:"optional,omitempty"`
	Min      json.Number   `json:"min,omitempty"`
	Max      json.Number   `json:"max,omitempty"`
	Default  any           `json:"default,omitempty"` // json.Number, string or bool
	Choices  []string      `json:"choices,omitempty"`
}

// MaxBytes bounds edits as JSON.
const MaxBytes = 1 << 20

// Parse reads edits as JSON. The error is for the person who wrote them.
func Parse(data []byte) (Edits, error) {
	var e Edits
	if len(data) > MaxBytes {
		return e, fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if _, err := jsontree.Parse(data); err != nil {
		return e, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return Edits{}, inWords(err)
	}
	for _, in := range e.Inputs {
		if in.Name == "" {
			return Edits{}, errors.New("an input has no name")
		}
	}
	return e, nil
}

// inWords is an error of the decoder for people.
func inWords(err error) error {
	if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Errorf("%s: %s was not expected there", wrong.Field, wrong.Value)
	}
	if name, is := strings.CutPrefix(err.Error(), "json: unknown field "); is {
		return fmt.Errorf("%s: unknown key", strings.Trim(name, `"`))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// Encode returns the edits as JSON for people.
func (e Edits) Encode() []byte {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		panic(err) // its parts can all be written
	}
	return append(text, '\n')
}

// Apply returns a form as the edits change it. What cannot be applied, because the workflow has changed since, say, is left out and
// named in notes, in words for people.
func (e Edits) Apply(found *form.Form, g *graph.Graph) (changed *form.Form, notes []string) {
	changed = &form.Form{}
	note := func(name, format string, args ...any) {
		notes = append(notes, fmt.Sprintf("the input %s: ", name)+fmt.Sprintf(format, args...))
	}
	done := map[string]bool{}
	for _, edit := range e.Inputs {
		if done[edit.Name] {
			note(edit.Name, "is there twice, and the first is used")
			continue
		}
		var in form.Input
		if known := found.Named(edit.Name); known != nil {
			in = *known
		} else if len(edit.Targets) == 0 {
			note(edit.Name, "the workflow has none of this name; give it targets to add one")
			continue
		} else {
			in = form.Input{Name: edit.Name, Label: edit.Name}
		}
		if len(edit.Targets) > 0 {
			if in.Targets = there(edit.Targets, g); len(in.Targets) < len(edit.Targets) {
				note(edit.Name, "a target is not in the graph, or takes its value from another node")
			}
			if len(in.Targets) == 0 {
				continue
			}
		}
		done[edit.Name] = true
		edit.change(&in)
		changed.Inputs = append(changed.Inputs, in)
	}
	for _, in := range found.Inputs {
		if !done[in.Name] {
			in.Hidden = in.Hidden || e.Only
			changed.Inputs = append(changed.Inputs, in)
		}
	}
	for _, edit := range e.Inputs {
		if edit.Role != nil && done[edit.Name] {
			done[edit.Name] = false // once
			give(changed, edit.Name, *edit.Role)
		}
	}
	rename(changed)
	return changed, notes
}

// there are the targets that can be set.
func there(targets []form.Target, g *graph.Graph) (found []form.Target) {
	for _, t := range targets {
		n := g.Node(t.Node)
		if n == nil {
			continue
		}
		value, ok := n.Input(t.Field)
		if _, linked := value.(graph.Link); ok && !linked {
			found = append(found, t)
		}
	}
	return found
}

func (edit Input) change(in *form.Input) {
	if edit.Label != "" {
		in.Label = edit.Label
	}
	if edit.Help != "" {
		in.Help = edit.Help
	}
	if edit.Hidden != nil {
		in.Hidden = *edit.Hidden
	}
	if edit.Optional != nil {
		in.Optional = *edit.Optional
	}
	if edit.Min != "" {
		in.Min = edit.Min
	}
	if edit.Max != "" {
		in.Max = edit.Max
	}
	if edit.Default != nil {
		in.Default = edit.Default
	}
	if len(edit.Choices) > 0 {
		in.Choices = edit.Choices
	}
}

// give gives a role to an input, and takes it from the one that has it.
func give(f *form.Form, name string, role form.Role) {
	if role != "" {
		if had := f.With(role); had != nil {
			had.Role = ""
		}
	}
	in := f.Named(name)
	in.Role = role
	switch role {
	case form.Prompt, form.NegativePrompt:
		in.Kind = form.Text
	case form.SeedRole:
		in.Kind = form.Seed
	}
}

// rename sees to it that the inputs with the roles prompt and seed have these names, and no others have. Whoever had the name gets
// the one that became free.
func rename(f *form.Form) {
	for _, role := range []form.Role{form.Prompt, form.SeedRole} {
		has, called := f.With(role), f.Named(string(role))
		switch {
		case has == called:
		case has == nil:
			called.Name = free(f, "former_"+string(role))
		case called == nil:
			has.Name = string(role)
		default:
			has.Name, called.Name = called.Name, has.Name
		}
	}
}

// free is a name that no input has.
func free(f *form.Form, name string) string {
	for base, n := name, 2; f.Named(name) != nil; n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	return name
}

// find returns the place of an edit by the name of its input in the form as it was found.
func (e Edits) find(name string) int {
	return slices.IndexFunc(e.Inputs, func(in Input) bool { return in.Name == name })
}
