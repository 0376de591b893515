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

// Parameters types "name=value" pairs as a workflow declares them. A pair that does not fit is an error about the command
// line; ranges are the server's to judge. A nil workflow declares nothing.
func Parameters(workflow *pb.Workflow, pairs []string) (map[string]*pb.ParameterValue, error) {
	values := map[string]*pb.ParameterValue{}
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, exitcode.Usagef("--set %q: write it as name=value", pair)
		}
		declared := declaration(workflow, name)
		if declared == nil {
			return nil, exitcode.Usagef("--set %s: the workflow has no such parameter; it has %s", name, names(workflow))
		}
		value, wanted := convert(declared, text)
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

func declaration(workflow *pb.Workflow, name string) *pb.Parameter {
	i := slices.IndexFunc(workflow.GetParameters(), func(p *pb.Parameter) bool { return p.GetName() == name })
	if i < 0 {
		return nil
	}
	return workflow.GetParameters()[i]
}

func names(workflow *pb.Workflow) string {
	var all []string
	for _, p := range workflow.GetParameters() {
		all = append(all, p.GetName())
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// convert types a text. When it cannot, wanted says what the text should have been.
func convert(p *pb.Parameter, text string) (value *pb.ParameterValue, wanted string) {
	switch p.GetKind() {
	case pb.ParameterKind_PARAMETER_KIND_INTEGER:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, "a whole number"
		}
		return &pb.ParameterValue{Value: &pb.ParameterValue_Integer{Integer: n}}, ""
	case pb.ParameterKind_PARAMETER_KIND_NUMBER:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, "a number"
		}
		return &pb.ParameterValue{Value: &pb.ParameterValue_Number{Number: n}}, ""
	case pb.ParameterKind_PARAMETER_KIND_BOOLEAN:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return nil, "true or false"
		}
		return &pb.ParameterValue{Value: &pb.ParameterValue_Boolean{Boolean: b}}, ""
	case pb.ParameterKind_PARAMETER_KIND_CHOICE:
		if !slices.Contains(p.GetChoices(), text) {
			return nil, "one of " + strings.Join(p.GetChoices(), ", ")
		}
	}
	return &pb.ParameterValue{Value: &pb.ParameterValue_Text{Text: text}}, ""
}
