package rpc

import (
	"encoding/json"
	"net/url"
	"strconv"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	// maxChoices bounds what is listed of the choices of a workflow, in bytes: a folder may hold any number of models.
	maxChoices = 256 << 10
	// maxProblems bounds the problems of a workflow that are told.
	maxProblems = 50
	// maxProblemsInState bounds them in the live state.
	maxProblemsInState = 3
	maxProblemInState  = 200 // characters
	// maxInState bounds the workflows in the live state: all of them are in lists.
	maxInState = 200
	// maxDescription bounds a description in lists, in characters.
	maxDescription = 200
	maxTags        = 20
	// maxExample bounds the example of a prompt, in characters.
	maxExample = 16 << 10
)

// WorkflowPictures is the path of the pictures of workflows; the workflow's id follows, and "/thumbnail".
const WorkflowPictures = "/workflows/"

// summaryToProto shows a workflow as lists have it.
func summaryToProto(w workflow.Workflow, workers []health.Worker) *pb.WorkflowSummary {
	out := &pb.WorkflowSummary{
		Id:          w.ID,
		Title:       w.Title,
		Version:     w.Version,
		Bookable:    w.Bookable,
		Problems:    each(w.Problems[:min(len(w.Problems), maxProblems)], func(p string) string { return job.Beginning(p, maxDetail) }),
		Description: job.Beginning(w.Description, maxDescription),
		Tags:        w.Tags[:min(len(w.Tags), maxTags)],
		Disabled:    w.Disabled,
		Source:      workflowSources[w.Source],
		Paid:        w.Paid,
		Results:     each(w.Results, func(k workflow.ResultKind) pb.ResultKind { return outputKinds[k] }),
		Files:       each(w.Files, func(k form.FileKind) pb.FileKind { return fileKinds[k] }),
		UpdatedAtMs: w.UpdatedAt,
	}
	if w.Picture != "" {
		out.Thumbnail = WorkflowPictures + url.PathEscape(w.ID) + "/thumbnail?v=" + url.QueryEscape(w.Picture)
	}
	for _, worker := range workers {
		for _, e := range worker.Estimates {
			if e.Workflow == w.ID {
				out.Estimates = append(out.Estimates, &pb.WorkflowEstimate{
					WorkerId:       worker.ID,
					ExpectedMs:     e.ExpectedMS,
					SlotDurationMs: e.SlotDurationMS,
					BenchmarkMs:    e.BenchmarkMS,
					Basis:          estimateBases[e.Basis],
				})
			}
		}
	}
	return out
}

// summariesToProto shows the workflows of the live state: the first, each as briefly as can be.
func summariesToProto(workflows []workflow.Workflow, workers []health.Worker) []*pb.WorkflowSummary {
	return each(workflows[:min(len(workflows), maxInState)], func(w workflow.Workflow) *pb.WorkflowSummary {
		out := summaryToProto(w, workers)
		out.Problems = each(out.Problems[:min(len(out.Problems), maxProblemsInState)], func(p string) string {
			return job.Beginning(p, maxProblemInState)
		})
		return out
	})
}

// workflowToProto shows everything that is known of a workflow, its hidden inputs only where they are wanted.
func workflowToProto(d library.Detail, workers []health.Worker, hidden bool) *pb.Workflow {
	out := &pb.Workflow{
		Summary:  summaryToProto(d.Workflow, workers),
		Filename: d.Filename,
	}
	out.Summary.Description = d.Description
	if d.Offer.Version == nil {
		return out // its form is not known yet, as the problems say
	}
	out.Inputs, out.NodeCount = formToProto(d.Offer.Form, hidden), int32(len(d.Offer.Graph.Nodes))
	out.Outputs = each(d.Outputs, func(o workflow.Output) *pb.WorkflowOutput {
		return &pb.WorkflowOutput{NodeId: o.NodeID, Title: job.Beginning(o.Title, maxDetail), Kind: outputKinds[o.Kind]}
	})
	return out
}

// formToProto lists the inputs, hidden ones only where they are wanted.
func formToProto(f *form.Form, hidden bool) (out []*pb.Input) {
	room := maxChoices
	for i := range f.Inputs {
		in := &f.Inputs[i]
		if in.Hidden && !hidden {
			continue
		}
		shown := inputToProto(in, &room)
		if hidden {
			shown.Targets = each(in.Targets, func(t form.Target) *pb.InputTarget {
				return &pb.InputTarget{NodeId: t.Node, Field: t.Field}
			})
		}
		out = append(out, shown)
	}
	return out
}

// inputToProto lists the first choices as far as there is room for them.
func inputToProto(in *form.Input, room *int) *pb.Input {
	out := &pb.Input{
		Name:     in.Name,
		Label:    in.Label,
		Help:     in.Help,
		Role:     inputRoles[in.Role],
		Optional: in.Optional,
		Hidden:   in.Hidden,
	}
	switch in.Kind {
	case form.Integer:
		step, _ := in.Step.Int64()
		number, _ := in.Default.(json.Number)
		out.Kind = &pb.Input_Integer{
			Integer: &pb.IntegerInput{
				Min:     integer(in.Min),
				Max:     integer(in.Max),
				Step:    step,
				Default: integer(number),
			},
		}
	case form.Number:
		number, _ := in.Default.(json.Number)
		out.Kind = &pb.Input_Number{Number: &pb.NumberInput{Min: float(in.Min), Max: float(in.Max), Default: float(number)}}
	case form.Boolean:
		out.Kind = &pb.Input_Boolean{Boolean: &pb.BooleanInput{Default: defaultOf[bool](in)}}
	case form.Choice:
		out.Kind = &pb.Input_Choice{
			Choice: &pb.ChoiceInput{
				Choices: firstChoices(in.Choices, room),
				Default: defaultOf[string](in),
			},
		}
	case form.Seed:
		out.Kind = &pb.Input_Seed{Seed: &pb.SeedInput{Min: seed(in.Min), Max: seed(in.Max)}}
	case form.File:
		out.Kind = &pb.Input_File{
			File: &pb.FileInput{
				Kind:       fileKinds[in.File],
				InputFiles: firstChoices(in.Choices, room),
				Default:    defaultOf[string](in),
				WithMask:   in.WithMask,
			},
		}
	default:
		out.Kind = &pb.Input_Text{
			Text: &pb.TextInput{
				MaxBytes:  maxTextBytes,
				Multiline: in.Multiline,
				Default:   defaultOf[string](in),
				Example:   job.Beginning(in.Example, maxExample),
			},
		}
	}
	return out
}

func firstChoices(choices []string, room *int) []string {
	for i, choice := range choices {
		if *room -= len(choice) + entryFrame; *room < 0 {
			return choices[:i]
		}
	}
	return choices
}

func defaultOf[T any](in *form.Input) *T {
	value, is := in.Default.(T)
	if !is {
		return nil
	}
	return &value
}

// integer reads a whole number; nil when there is none.
func integer(n json.Number) *int64 {
	value, err := n.Int64()
	if err != nil {
		return nil
	}
	return &value
}

// float reads a number; nil when there is none.
func float(n json.Number) *float64 {
	value, err := n.Float64()
	if err != nil {
		return nil
	}
	return &value
}

func seed(n json.Number) uint64 {
	value, _ := strconv.ParseUint(string(n), 10, 64)
	return value
}
