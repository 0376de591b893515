package rpc

import (
	"context"
	"errors"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Catalog tells which workflows there are and how long they take where. It is safe for concurrent use.
type Catalog interface {
	booking.Offers
	// Workflows are all workflows, in the order of the configuration.
	Workflows() []workflow.Workflow
	// Workflow finds one; the first for an empty id.
	Workflow(id string) (workflow.Workflow, bool)
	// State tells how the service and its workers are.
	State() health.State
}

type workflowService struct{ *Server }

var _ comfyschedulerv1connect.WorkflowServiceHandler = workflowService{}

func (s workflowService) ListWorkflows(_ context.Context, r *pb.ListWorkflowsRequest) (*pb.ListWorkflowsResponse, error) {
	workers := s.Catalog.State().Workers
	var wanted []workflow.Workflow
	for _, w := range s.Catalog.Workflows() {
		if w.Matches(r.Query) {
			wanted = append(wanted, w)
		}
	}
	shown, next, err := pageOfAll(r, wanted,
		func(w workflow.Workflow) *pb.WorkflowSummary { return s.listed(w, workers) },
		func(w workflow.Workflow) string { return w.ID })
	return &pb.ListWorkflowsResponse{Workflows: shown, NextPageToken: next}, err
}

func (s workflowService) GetWorkflow(ctx context.Context, r *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error) {
	if r.Version != "" {
		_, err := s.Catalog.Offer(ctx, r.WorkflowId, r.Version)
		if err != nil && r.AnyVersion {
			return s.kept(ctx, r)
		}
		if err != nil {
			return nil, err
		}
	}
	found, err := s.Library.Detail(r.WorkflowId)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, found, r.ShowHidden)
	return &pb.GetWorkflowResponse{Workflow: shown}, err
}

// kept answers with a version that is not offered now.
func (s workflowService) kept(ctx context.Context, r *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error) {
	found, err := s.Library.Kept(ctx, r.WorkflowId, r.Version)
	if err != nil {
		return nil, err
	}
	return &pb.GetWorkflowResponse{Workflow: workflowToProto(found, nil, false)}, nil
}

func (s workflowService) CheckWorkflow(ctx context.Context, r *pb.CheckWorkflowRequest) (*pb.CheckWorkflowResponse, error) {
	if err := s.Library.Recheck(ctx, r.WorkflowId); err != nil || r.WorkflowId == "" {
		return &pb.CheckWorkflowResponse{}, err
	}
	found, err := s.Library.Detail(r.WorkflowId)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, found, false)
	return &pb.CheckWorkflowResponse{Workflow: shown}, err
}

// shown returns a workflow as the caller may see it. Hidden inputs are for those who may change it; fault.NotOwner for others.
func (s workflowService) shown(ctx context.Context, d library.Detail, hidden bool) (*pb.Workflow, error) {
	by := viewer(ctx)
	editable := d.Source != workflow.FromConfiguration && s.Presenter.Policy.MayChangeWorkflow(by, d.Importer)
	if hidden && !editable && !by.Administrator {
		return nil, fault.New(fault.NotOwner, "only administrators and whoever imported the workflow see what is hidden")
	}
	out := workflowToProto(d, s.Catalog.State().Workers, hidden)
	out.Editable = editable
	if d.Importer != "" {
		who, err := s.Store.User(ctx, d.Importer)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		out.ImportedBy = who.Name
	}
	s.addFitness(out, d.Fitness)
	return out, nil
}
