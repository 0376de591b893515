package edits

import (
	"encoding/json"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Change asks to change something more, on top of what was changed before. Nil fields stay.
type Change struct {
	Title       *string
	Description *string
	Tags        *[]string
	Disabled    *bool
	MainOutput  *string
	Inputs      []InputChange
	Order       []string // of inputs by the names that they have now; those that are not named come after
	Reset       bool     // forget what was changed of the form before; done first
}

// InputChange changes one input, by the name that it has now. Nil fields stay.
type InputChange struct {
	Name     string
	Label    *string
	Help     *string
	Role     *form.Role
	Hidden   *bool
	Optional *bool
	Min      *json.Number // empty: none of its own, as the following
	Max      *json.Number
	Default  any
	Choices  *[]string
	Reset    bool // forget what was changed of this input before; done first
}

// IsOfForm reports whether the form is to be changed.
func (c Change) IsOfForm() bool {
	return c.Reset || len(c.Inputs)+len(c.Order) > 0 || c.MainOutput != nil
}

// With returns the edits with a change more. found is the form without edits, now as it is with them. fault.InvalidFields for inputs
// that are not there and for limits that nothing is between.
func (e Edits) With(c Change, found, now *form.Form) (Edits, error) {
	set(&e.Title, c.Title)
	set(&e.Description, c.Description)
	set(&e.Tags, c.Tags)
	set(&e.Disabled, c.Disabled)
	set(&e.MainOutput, c.MainOutput)
	if c.Reset {
		e.Inputs, e.Only, now = nil, false, found
	}
	if len(c.Inputs)+len(c.Order) == 0 {
		return e, nil
	}
	var wrong fault.Fields
	all := e.inOrder(found, now)
	for _, change := range c.Inputs {
		i := slices.IndexFunc(now.Inputs, func(in form.Input) bool { return in.Name == change.Name })
		if i < 0 {
			wrong.Add("inputs", change.Name, "the workflow has no such input")
			continue
		}
		change.change(&all[i])
		if problem := all[i].refused(); problem != "" {
			wrong.Add("inputs", change.Name, problem)
		}
	}
	var ordered []Input
	taken := map[int]bool{}
	for _, name := range c.Order {
		i := slices.IndexFunc(now.Inputs, func(in form.Input) bool { return in.Name == name })
		switch {
		case i < 0:
			wrong.Add("order", name, "the workflow has no such input")
		case !taken[i]:
			taken[i] = true
			ordered = append(ordered, all[i])
		}
	}
	for i := range all {
		if !taken[i] {
			ordered = append(ordered, all[i])
		}
	}
	e.Inputs = brief(ordered, found)
	return e, wrong.Err()
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// inOrder returns an edit for each input of the form as it is now, those that nobody has changed among them. Each is called as the
// form calls it without edits.
func (e Edits) inOrder(found, now *form.Form) []Input {
	all := make([]Input, len(now.Inputs))
	for i, in := range now.Inputs {
		name := in.Name
		for _, before := range found.Inputs {
			if before.Targets[0] == in.Targets[0] {
				name = before.Name
			}
		}
		for _, own := range e.Inputs { // one that was added
			if len(own.Targets) > 0 && own.Targets[0] == in.Targets[0] {
				name = own.Name
			}
		}
		all[i] = Input{Name: name}
		if at := e.find(name); at >= 0 {
			all[i] = e.Inputs[at]
		} else if e.Only {
			hidden := in.Hidden
			all[i].Hidden = &hidden
		}
	}
	return all
}

func (c InputChange) change(in *Input) {
	if c.Reset {
		*in = Input{Name: in.Name, Targets: in.Targets}
	}
	set(&in.Label, c.Label)
	set(&in.Help, c.Help)
	set(&in.Min, c.Min)
	set(&in.Max, c.Max)
	set(&in.Choices, c.Choices)
	if c.Role != nil {
		in.Role = c.Role
	}
	if c.Hidden != nil {
		in.Hidden = c.Hidden
	}
	if c.Optional != nil {
		in.Optional = c.Optional
	}
	if c.Default != nil {
		in.Default = c.Default
	}
}

// refused says what is wrong with limits; nothing when they are fine.
func (in Input) refused() string {
	low, hasLow := jsontree.Exact(in.Min)
	high, hasHigh := jsontree.Exact(in.Max)
	switch {
	case in.Min != "" && !hasLow:
		return "the smallest value is no number"
	case in.Max != "" && !hasHigh:
		return "the largest value is no number"
	case hasLow && hasHigh && low.Cmp(high) > 0:
		return "the smallest value is above the largest"
	}
	return ""
}

// brief leaves out inputs at the end that nothing is said of and that would stand there anyway.
func brief(all []Input, found *form.Form) []Input {
	last := len(found.Inputs) - 1
	for len(all) > 0 && last >= 0 {
		in := all[len(all)-1]
		bare := in.Label+in.Help+string(in.Min+in.Max) == "" && in.Role == nil && in.Hidden == nil && in.Optional == nil && in.Default == nil &&
			len(in.Choices)+len(in.Targets) == 0
		if !bare || in.Name != found.Inputs[last].Name {
			break
		}
		all, last = all[:len(all)-1], last-1
	}
	return all
}
