package rpc

import (
	"encoding/json"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	// maxChoices is how much of the choices of a workflow is listed, in bytes: a folder may hold any number of models.
	maxChoices = 256 << 10
	// maxProblems is how many problems of a workflow are told.
	maxProblems = 50
	// maxExample is how long the example may be, in characters.
	maxExample = 16 << 10
)

func summaryToProto(w workflow.Workflow, workers []health.Worker) *pb.WorkflowSummary {
	problems := w.Description.Problems
	out := &pb.WorkflowSummary{
		Id:      w.ID,
		Title:   w.Title,
		Version: w.TemplateHash,
		Problems: each(problems[:min(len(problems), maxProblems)], func(p workflow.Problem) string {
			return job.Beginning(p.Text, maxDetail)
		}),
	}
	for _, worker := range workers {
		for _, e := range worker.Estimates {
			if e.Workflow == w.ID {
				out.Estimates = append(out.Estimates, &pb.WorkflowEstimate{
					WorkerId:       worker.ID,
					ExpectedMs:     e.BenchmarkMS,
					SlotDurationMs: e.SlotDurationMS,
					BenchmarkMs:    e.BenchmarkMS,
				})
			}
		}
	}
	out.Bookable = len(out.Estimates) > 0
	return out
}

func summariesToProto(workflows []workflow.Workflow, workers []health.Worker) []*pb.WorkflowSummary {
	return each(workflows, func(w workflow.Workflow) *pb.WorkflowSummary { return summaryToProto(w, workers) })
}

func workflowToProto(w workflow.Workflow, workers []health.Worker) *pb.Workflow {
	d := w.Description
	room := maxChoices
	form := []*pb.Input{
		{
			Name:  promptInput,
			Label: "Prompt",
			Role:  pb.InputRole_INPUT_ROLE_PROMPT,
			Kind: &pb.Input_Text{
				Text: &pb.TextInput{
					MaxBytes:  maxTextBytes,
					Multiline: true,
					Example:   job.Beginning(d.Prompt, maxExample),
				},
			},
		},
		{
			Name:  seedInput,
			Label: "Seed",
			Role:  pb.InputRole_INPUT_ROLE_SEED,
			Kind:  &pb.Input_Seed{Seed: &pb.SeedInput{Min: d.SeedMin, Max: d.SeedMax}},
		},
	}
	for _, p := range d.Parameters {
		form = append(form, parameterToProto(p, &room))
	}
	return &pb.Workflow{Summary: summaryToProto(w, workers), Inputs: form}
}

// parameterToProto lists the first choices as far as there is room for them.
func parameterToProto(p workflow.Parameter, room *int) *pb.Input {
	in := &pb.Input{Name: p.Name, Label: p.Title}
	switch p.Kind {
	case workflow.KindInteger:
		in.Kind = &pb.Input_Integer{
			Integer: &pb.IntegerInput{
				Min:     integer(p.Min),
				Max:     integer(p.Max),
				Step:    int64(p.Step),
				Default: integerOf(p.Default),
			},
		}
	case workflow.KindNumber:
		low, high := p.Bounds()
		in.Kind = &pb.Input_Number{Number: &pb.NumberInput{Min: low, Max: high, Step: p.Step, Default: numberOf(p.Default)}}
	case workflow.KindText:
		in.Kind = &pb.Input_Text{
			Text: &pb.TextInput{
				MaxBytes:  maxTextBytes,
				Multiline: true,
				Default:   textOf(p.Default),
			},
		}
	case workflow.KindBoolean:
		in.Kind = &pb.Input_Boolean{Boolean: &pb.BooleanInput{Default: booleanOf(p.Default)}}
	case workflow.KindChoice:
		in.Kind = &pb.Input_Choice{
			Choice: &pb.ChoiceInput{
				Choices: firstChoices(p.Choices, room),
				Default: textOf(p.Default),
			},
		}
	}
	return in
}

func firstChoices(choices []string, room *int) []string {
	for i, choice := range choices {
		if *room -= len(choice) + entryFrame; *room < 0 {
			return choices[:i]
		}
	}
	return choices
}

func integerOf(v workflow.Value) *int64 {
	value, is := v.(workflow.Integer)
	return plain(int64(value), is)
}

func textOf(v workflow.Value) *string {
	value, is := v.(workflow.Text)
	return plain(string(value), is)
}

func booleanOf(v workflow.Value) *bool {
	value, is := v.(workflow.Boolean)
	return plain(bool(value), is)
}

func plain[T any](value T, is bool) *T {
	if !is {
		return nil
	}
	return &value
}

func numberOf(v workflow.Value) *float64 {
	if whole, is := v.(workflow.Integer); is {
		return plain(float64(whole), is)
	}
	value, is := v.(workflow.Number)
	return plain(float64(value), is)
}

// integer is a bound of whole numbers; nil when there is none.
func integer(bound json.Number) *int64 {
	value, err := bound.Int64()
	if err != nil {
		return nil
	}
	return &value
}
