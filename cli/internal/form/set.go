package form

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// SetHelp describes --set.
const SetHelp = "set an input of the workflow: `name=value`; a file is @PATH, @- (standard input), job:JOB[/N] (a result), " +
	"asset:ID, or a name in ComfyUI's input folder; may be repeated"

// Set types "name=value" pairs as a form declares them. A pair that does not fit is an error about the command line.
func Set(w *pb.Workflow, pairs []string) (map[string]*pb.InputValue, error) {
	values := map[string]*pb.InputValue{}
	for _, pair := range pairs {
		name, text, err := Pair("--set", pair)
		if err != nil {
			return nil, err
		}
		input := ByName(w, name)
		if input == nil {
			return nil, exitcode.Usagef("--set %s: the workflow has no such input; %s", name, Has(w, name))
		}
		if values[name], err = Parse(input, text); err != nil {
			return nil, exitcode.Usagef("--set %s: %w", name, err)
		}
	}
	return values, nil
}

// Pair takes the value of an option apart that is written as name=value.
func Pair(option, pair string) (name, value string, err error) {
	name, value, ok := strings.Cut(pair, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return "", "", exitcode.Usagef("%s %q: write it as name=value", option, pair)
	}
	return name, value, nil
}

// Completions offers what --set may go on with: names of inputs, and the values of one whose name is there. more reports that
// what is offered is not the end of the word.
func Completions(w *pb.Workflow, typed string) (words []cobra.Completion, more bool) {
	name, _, valued := strings.Cut(typed, "=")
	if !valued {
		for _, i := range w.GetInputs() {
			words = append(words, cobra.CompletionWithDesc(i.GetName()+"=", term.Line(i.GetLabel()+" ("+Takes(i)+")")))
		}
		return words, true
	}
	for _, value := range values(ByName(w, name)) {
		words = append(words, name+"="+value)
	}
	return words, false
}

// values are the values that an input offers; none for what is written freely.
func values(input *pb.Input) []string {
	switch kind := input.GetKind().(type) {
	case *pb.Input_Boolean:
		return []string{"true", "false"}
	case *pb.Input_Choice:
		return kind.Choice.GetChoices()
	case *pb.Input_File:
		return kind.File.GetInputFiles()
	}
	if v := Default(input); v != nil {
		return []string{ValueText(v)}
	}
	return nil
}
