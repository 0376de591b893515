package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	// maxChoices is how much of the choices of all workflows is listed, in bytes: a folder may hold any number of models.
	maxChoices = 256 << 10
	// maxProblems is how many problems of a workflow are told.
	maxProblems = 50
	// maxExample is how long the example may be, in characters.
	maxExample = 16 << 10
)

func workflowsToProto(workflows []workflow.Workflow) []*pb.Workflow {
	room := maxChoices
	return each(workflows, func(w workflow.Workflow) *pb.Workflow {
		d := w.Description
		return &pb.Workflow{
			Id: w.ID, Title: w.Title, ExamplePrompt: job.Beginning(d.Prompt, maxExample), SeedMin: d.SeedMin, SeedMax: d.SeedMax,
			Problems: each(d.Problems[:min(len(d.Problems), maxProblems)], func(p workflow.Problem) string {
				return job.Beginning(p.Text, maxDetail)
			}),
			Parameters: each(d.Parameters, func(p workflow.Parameter) *pb.Parameter { return parameterToProto(p, &room) }),
		}
	})
}

// parameterToProto lists the first choices as far as there is room for them.
func parameterToProto(p workflow.Parameter, room *int) *pb.Parameter {
	low, high := p.Bounds()
	listed := 0
	for _, choice := range p.Choices {
		if *room -= len(choice) + entryFrame; *room < 0 {
			break
		}
		listed++
	}
	return &pb.Parameter{
		Name: p.Name, Title: p.Title, Kind: parameterKinds[p.Kind], Min: low, Max: high, Step: p.Step,
		Choices: p.Choices[:listed], Default: valueToProto(p.Default),
	}
}
