// Package paramflag is --set name=value: the parameters of a workflow, typed as the workflow declares them.
package paramflag

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Help describes the option.
const Help = "set a parameter of the workflow: `name=value`; may be repeated"

// Values reads "name=value" pairs for a workflow, the first one when its id is empty. It asks the server for the kinds.
func Values(ctx context.Context, scheduler pb.SchedulerServiceClient, workflowID string, pairs []string) (map[string]*pb.ParameterValue, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	state, err := scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return nil, err
	}
	return parse(find(state.GetSnapshot().GetWorkflows(), workflowID), pairs)
}

// Complete is values and, for the parameters of the workflow that they leave out, its defaults: what a booking with them
// comes to.
func Complete(
	ctx context.Context, scheduler pb.SchedulerServiceClient, workflowID string, values map[string]*pb.ParameterValue,
) (map[string]*pb.ParameterValue, error) {
	state, err := scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return nil, err
	}
	complete := map[string]*pb.ParameterValue{}
	for _, p := range find(state.GetSnapshot().GetWorkflows(), workflowID).GetParameters() {
		complete[p.GetName()] = p.GetDefault()
	}
	maps.Copy(complete, values)
	return complete, nil
}

// find gives the workflow; an empty one when the server will have to say that it does not exist.
func find(workflows []*pb.Workflow, id string) *pb.Workflow {
	for _, w := range workflows {
		if id == "" || w.GetId() == id {
			return w
		}
	}
	return nil
}

func parse(workflow *pb.Workflow, pairs []string) (map[string]*pb.ParameterValue, error) {
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
		value, problem := convert(declared, text)
		if problem != "" {
			return nil, exitcode.Usagef("--set %s: %q is not %s", name, text, problem)
		}
		values[name] = value
	}
	return values, nil
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

// convert types a text; problem says what it should have been. Ranges are the server's to judge.
func convert(p *pb.Parameter, text string) (value *pb.ParameterValue, problem string) {
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
