package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// maxFitnessProblems bounds the problems of a workflow on one worker that are told.
const maxFitnessProblems = 200

// MeasureWorkflow has a workflow measured as soon as there is free time, or accepts the result that it had.
func (s workflowService) MeasureWorkflow(ctx context.Context, r *pb.MeasureWorkflowRequest) (*pb.MeasureWorkflowResponse, error) {
	if _, known := s.Catalog.Workflow(r.WorkflowId); !known {
		return nil, fault.NoSuch("workflow", r.WorkflowId)
	}
	if err := s.Workers.MeasureWorkflow(ctx, caller(ctx).Actor, r.WorkflowId, r.WorkerId, r.AcceptResult); err != nil {
		return nil, err
	}
	now, err := s.GetWorkflow(ctx, &pb.GetWorkflowRequest{WorkflowId: r.WorkflowId})
	return &pb.MeasureWorkflowResponse{Workflow: now.GetWorkflow()}, err
}

// addFitness tells of each worker whether it can run a workflow, which may not be kept yet, and how long that may take where it
// is not known.
func (s workflowService) addFitness(w *pb.Workflow, reports []fitness.Report) {
	for _, report := range reports {
		shown := fitnessToProto(report)
		shown.Measurement = measurementToProto(s.Workers.Measurement(report.Worker, w.Summary.Id))
		w.Workers = append(w.Workers, shown)
		if shown.State == pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_RUNS {
			s.guess(w.Summary, report.Worker)
		}
	}
}

// guess adds how long a workflow may take on a worker that can run it, unless the worker tells that itself.
func (s workflowService) guess(w *pb.WorkflowSummary, worker string) {
	for _, e := range w.Estimates {
		if e.WorkerId == worker {
			return
		}
	}
	if length, is := s.Estimator.Estimate(worker, w.Id, nil); is {
		w.Estimates = append(w.Estimates, &pb.WorkflowEstimate{
			WorkerId:       worker,
			ExpectedMs:     length.Expected,
			SlotDurationMs: length.Slot,
			Basis:          estimateBases[length.Basis],
		})
	}
}

// listed is a workflow as lists show it.
func (s workflowService) listed(w workflow.Workflow, workers []health.Worker) *pb.WorkflowSummary {
	shown := summaryToProto(w, workers)
	if candidates, err := s.Catalog.Candidates(w.ID, ""); err == nil { // else no worker can run it
		for _, there := range candidates {
			s.guess(shown, there.Worker)
		}
	}
	return shown
}

func fitnessToProto(r fitness.Report) *pb.WorkflowFitness {
	out := &pb.WorkflowFitness{WorkerId: r.Worker}
	switch {
	case r.Asked.IsZero():
		return out
	case r.OnlyBadResult():
		out.State = pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_BAD_RESULT
	case len(r.Problems) > 0:
		out.State = pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_CANNOT_RUN
	default:
		out.State = pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_RUNS
	}
	out.AskedAtMs = r.Asked.UnixMilli()
	out.Problems = each(r.Problems[:min(len(r.Problems), maxFitnessProblems)], lackToProto)
	return out
}

func lackToProto(p fitness.Problem) *pb.WorkflowProblem {
	out := &pb.WorkflowProblem{
		Kind:      problemKinds[p.Kind],
		Text:      job.Beginning(p.Text, maxDetail),
		NodeId:    p.NodeID,
		NodeTitle: job.Beginning(p.NodeTitle, maxDetail),
		ClassName: job.Beginning(p.Class, maxDetail),
		Pack:      p.Pack,
	}
	if p.Kind == fitness.MissingModel {
		out.ModelFile, out.ModelFolder, out.ModelUrl, out.ModelBytes = job.Beginning(p.File, maxDetail), p.Folder, p.URL, p.Bytes
	}
	return out
}

func measurementToProto(e measured.Entry, state measured.State, text string) *pb.WorkflowMeasurement {
	return &pb.WorkflowMeasurement{
		State:        measurementStates[state],
		ColdMs:       e.ColdMS,
		WarmMs:       e.WarmMS,
		MeasuredAtMs: e.At,
		Text:         job.Beginning(text, maxDetail),
	}
}
