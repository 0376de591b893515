package workflow

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// inputOption is an option of workflow edit that names an input, or gives one a value.
type inputOption struct {
	name   string
	single bool // the value is a name alone
	usage  string
	apply  func(edit *pb.InputEdit, input *pb.Input, value string) error
	given  []string
}

// inputOptions are all of them.
type inputOptions struct{ options []*inputOption }

// bind makes the options known.
func (o *inputOptions) bind(fs *pflag.FlagSet) {
	o.options = []*inputOption{
		{name: "show", single: true, usage: "put this `input` into the form", apply: setHidden(false)},
		{name: "hide", single: true, usage: "leave this `input` out of the form", apply: setHidden(true)},
		{name: "label", usage: "name for people: `input=text`", apply: setLabel},
		{name: "hint", usage: "what the input does: `input=text`", apply: setHint},
		{
			name:  "min",
			usage: "smallest value: `input=number`; without a number ComfyUI's own",
			apply: setLimit(func(e *pb.InputEdit) **string { return &e.Min }),
		},
		{
			name:  "max",
			usage: "largest value: `input=number`; without a number ComfyUI's own",
			apply: setLimit(func(e *pb.InputEdit) **string { return &e.Max }),
		},
		{name: "default", usage: "value that is used when a booking gives none: `input=value`", apply: setDefault},
		{name: "choices", usage: "texts to choose from: `input=a,b`; without texts all that ComfyUI offers", apply: setChoices},
		{name: "role", usage: "what it means: `input=role`; one of " + strings.Join(form.Roles(), ", "), apply: setRole},
		{name: "optional", single: true, usage: "let bookings leave this `input` out", apply: setOptional(true)},
		{name: "required", single: true, usage: "have bookings give this `input`", apply: setOptional(false)},
		{name: "reset", single: true, usage: "forget every change of this `input` first", apply: setReset},
	}
	for _, option := range o.options {
		fs.StringArrayVar(&option.given, option.name, nil, option.usage)
	}
}

// named are the options, for completion.
func (o *inputOptions) named() []*inputOption { return o.options }

// given reports whether any of the options was given.
func (o *inputOptions) given() bool {
	for _, option := range o.options {
		if len(option.given) > 0 {
			return true
		}
	}
	return false
}

// edits are the changes of the inputs of a form, one for each input that is named.
func (o *inputOptions) edits(w *pb.Workflow) (edits []*pb.InputEdit, err error) {
	byName := map[string]*pb.InputEdit{}
	for _, option := range o.options {
		for _, given := range option.given {
			name, value := given, ""
			if !option.single {
				if name, value, err = form.Pair("--"+option.name, given); err != nil {
					return nil, err
				}
			}
			input := form.ByName(w, name)
			if input == nil {
				return nil, exitcode.Usagef("--%s %s: the workflow has no such input; %s", option.name, name, form.Has(w, name))
			}
			if byName[name] == nil {
				byName[name] = &pb.InputEdit{Name: name}
				edits = append(edits, byName[name])
			}
			if err := option.apply(byName[name], input, value); err != nil {
				return nil, exitcode.Usagef("--%s %s: %w", option.name, name, err)
			}
		}
	}
	return edits, nil
}

func setHidden(hidden bool) func(*pb.InputEdit, *pb.Input, string) error {
	return func(e *pb.InputEdit, _ *pb.Input, _ string) error {
		if e.Hidden != nil && e.GetHidden() != hidden {
			return fmt.Errorf("it is shown or hidden, not both")
		}
		e.Hidden = &hidden
		return nil
	}
}

func setOptional(may bool) func(*pb.InputEdit, *pb.Input, string) error {
	return func(e *pb.InputEdit, _ *pb.Input, _ string) error {
		if e.Optional != nil && e.GetOptional() != may {
			return fmt.Errorf("it is optional or required, not both")
		}
		e.Optional = &may
		return nil
	}
}

func setLabel(e *pb.InputEdit, _ *pb.Input, text string) error {
	if text == "" {
		return fmt.Errorf("a label has at least one character")
	}
	e.Label = &text
	return nil
}

func setHint(e *pb.InputEdit, _ *pb.Input, text string) error {
	e.Help = &text
	return nil
}

func setLimit(field func(*pb.InputEdit) **string) func(*pb.InputEdit, *pb.Input, string) error {
	return func(e *pb.InputEdit, _ *pb.Input, text string) error {
		if _, err := strconv.ParseFloat(text, 64); err != nil && text != "" {
			return fmt.Errorf("%q is not a number", text)
		}
		*field(e) = &text
		return nil
	}
}

func setDefault(e *pb.InputEdit, input *pb.Input, text string) (err error) {
	e.Default, err = form.Parse(input, text)
	return err
}

func setChoices(e *pb.InputEdit, input *pb.Input, text string) error {
	if input.GetChoice() == nil {
		return fmt.Errorf("its kind is %s, which has no choices", form.Kind(input))
	}
	e.Choices = &pb.InputChoices{}
	if text == "" {
		return nil
	}
	record, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return fmt.Errorf("%q: a text with commas is put in double quotes", text)
	}
	e.Choices.Choices = record
	return nil
}

func setRole(e *pb.InputEdit, _ *pb.Input, word string) error {
	r, ok := form.ParseRole(word)
	if !ok {
		return fmt.Errorf("%q is none of %s", word, strings.Join(form.Roles(), ", "))
	}
	e.Role = &r
	return nil
}

func setReset(e *pb.InputEdit, _ *pb.Input, _ string) error {
	e.Reset_ = true
	return nil
}

// editPath is the path of a field of the change of an input, and namedPath that of what a name means.
var (
	editPath  = regexp.MustCompile(`^inputs\[(\d+)\]\.?(\w*)`)
	namedPath = regexp.MustCompile(`^(inputs|order)\["([^"]+)"\]`)
)

// optionOf names a field of a request as the options do; empty for those that are named as everywhere.
func optionOf(req *pb.UpdateWorkflowRequest, path string) string {
	if named := namedPath.FindStringSubmatch(path); named != nil {
		return map[string]string{"inputs": "", "order": "--order "}[named[1]] + named[2]
	}
	parts := editPath.FindStringSubmatch(path)
	if parts == nil {
		return map[string]string{"version": "--if-version"}[path]
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n >= len(req.GetInputs()) {
		return ""
	}
	option, known := map[string]string{
		"help":   "--hint ",
		"hidden": "--hide ",
		"name":   "",
		"":       "",
	}[parts[2]]
	if !known {
		option = "--" + parts[2] + " "
	}
	return option + req.GetInputs()[n].GetName()
}
