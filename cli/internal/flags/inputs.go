package flags

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// SetHelp describes --set.
const SetHelp = "set a parameter of the workflow: `name=value`; may be repeated"

// Input finds the input of a workflow's form that has a role; nil when there is none.
func Input(form *pb.Workflow, role pb.InputRole) *pb.Input {
	return find(form, func(i *pb.Input) bool { return i.GetRole() == role })
}

// Parameters types "name=value" pairs as a workflow's form declares them. A pair that does not fit is an error about the
// command line; ranges and choices are the server's to judge.
func Parameters(form *pb.Workflow, pairs []string) (map[string]*pb.InputValue, error) {
	values := map[string]*pb.InputValue{}
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, exitcode.Usagef("--set %q: write it as name=value", pair)
		}
		input := find(form, func(i *pb.Input) bool { return i.GetName() == name })
		if input == nil {
			return nil, exitcode.Usagef("--set %s: the workflow has no such parameter; it has %s", name, names(form))
		}
		value, wanted := convert(input, text)
		if wanted != "" {
			return nil, exitcode.Usagef("--set %s: %q is not %s", name, text, wanted)
		}
		values[name] = value
	}
	return values, nil
}

// Seed reads --seed. An empty text is no seed, and so is "random" where that may be said; both give nil.
func Seed(text string, mayBeRandom bool) (*uint64, error) {
	if text == "" || mayBeRandom && text == "random" {
		return nil, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err == nil:
		return &n, nil
	case mayBeRandom:
		return nil, exitcode.Usagef("--seed: %q is neither random nor a whole number from 0 to 18446744073709551615", text)
	}
	return nil, exitcode.Usagef("--seed: %q is not a whole number from 0 to 18446744073709551615", text)
}

// TextValue is a text, such as a prompt, as the value of an input.
func TextValue(text string) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Text{Text: text}}
}

// SeedValue is a seed as the value of an input.
func SeedValue(seed uint64) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Seed{Seed: seed}}
}

func find(form *pb.Workflow, wanted func(*pb.Input) bool) *pb.Input {
	i := slices.IndexFunc(form.GetInputs(), wanted)
	if i < 0 {
		return nil
	}
	return form.GetInputs()[i]
}

// names lists the inputs that have no option of their own.
func names(form *pb.Workflow) string {
	var all []string
	for _, i := range form.GetInputs() {
		if i.GetRole() != pb.InputRole_INPUT_ROLE_PROMPT && i.GetRole() != pb.InputRole_INPUT_ROLE_SEED {
			all = append(all, i.GetName())
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// convert types a text. When it cannot, wanted says what the text should have been.
func convert(input *pb.Input, text string) (value *pb.InputValue, wanted string) {
	switch input.GetKind().(type) {
	case *pb.Input_Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, "a whole number"
		}
		return &pb.InputValue{Value: &pb.InputValue_Integer{Integer: n}}, ""
	case *pb.Input_Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, "a number"
		}
		return &pb.InputValue{Value: &pb.InputValue_Number{Number: n}}, ""
	case *pb.Input_Boolean:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return nil, "true or false"
		}
		return &pb.InputValue{Value: &pb.InputValue_Boolean{Boolean: b}}, ""
	case *pb.Input_Seed:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, "a whole number from 0 to 18446744073709551615"
		}
		return SeedValue(n), ""
	case *pb.Input_File:
		return nil, "something that can be sent: this program does not send files"
	}
	return TextValue(text), ""
}
