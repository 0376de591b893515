package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Catalog tells which workflows there are and how long they take where. It is safe for concurrent use.
type Catalog interface {
	booking.Offers
	// Workflows are all workflows, in the order of the configuration.
	Workflows() []workflow.Workflow
	// Workflow finds one; the first for an empty id.
	Workflow(id string) (workflow.Workflow, bool)
	// State is how the service and its workers are.
	State() health.State
}

type workflowService struct {
	*Server
	comfyschedulerv1connect.UnimplementedWorkflowServiceHandler
}

func (s workflowService) ListWorkflows(_ context.Context, r *pb.ListWorkflowsRequest) (*pb.ListWorkflowsResponse, error) {
	workers := s.Catalog.State().Workers
	shown, next, err := pageOfAll(r, s.Catalog.Workflows(),
		func(w workflow.Workflow) *pb.WorkflowSummary { return summaryToProto(w, workers) },
		func(w workflow.Workflow) string { return w.ID })
	return &pb.ListWorkflowsResponse{Workflows: shown, NextPageToken: next}, err
}

func (s workflowService) GetWorkflow(ctx context.Context, r *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error) {
	found, known := s.Catalog.Workflow(r.WorkflowId)
	if !known {
		return nil, fault.NoSuch("workflow", r.WorkflowId)
	}
	out := &pb.Workflow{Summary: summaryToProto(found, s.Catalog.State().Workers)}
	s.addFitness(out)
	if found.Version == "" && r.Version == "" {
		return &pb.GetWorkflowResponse{Workflow: out}, nil // its form is not known yet, as the problems say
	}
	offer, err := s.Catalog.Offer(ctx, r.WorkflowId, r.Version)
	if err != nil {
		return nil, err
	}
	out.Inputs, out.NodeCount = formToProto(offer.Form, false), int32(offer.NodeCount())
	return &pb.GetWorkflowResponse{Workflow: out}, nil
}
