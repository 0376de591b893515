package servertest

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Workflows is a service of functions; a call without one is unimplemented.
type Workflows struct {
	pb.UnimplementedWorkflowServiceServer
	List      func(context.Context, *pb.ListWorkflowsRequest) (*pb.ListWorkflowsResponse, error)
	Get       func(context.Context, *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error)
	Import    func(context.Context, *pb.ImportWorkflowRequest) (*pb.ImportWorkflowResponse, error)
	Update    func(context.Context, *pb.UpdateWorkflowRequest) (*pb.UpdateWorkflowResponse, error)
	Delete    func(context.Context, *pb.DeleteWorkflowRequest) (*pb.DeleteWorkflowResponse, error)
	Check     func(context.Context, *pb.CheckWorkflowRequest) (*pb.CheckWorkflowResponse, error)
	Measure   func(context.Context, *pb.MeasureWorkflowRequest) (*pb.MeasureWorkflowResponse, error)
	Templates func(context.Context, *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error)
}

// WithWorkflows is New for a test that needs only this service.
func WithWorkflows(t *testing.T, w *Workflows) (*factory.Factory, Terminal) {
	t.Helper()
	return New(t, func(g *grpc.Server) { pb.RegisterWorkflowServiceServer(g, w) })
}

// ListWorkflows implements the service.
func (w *Workflows) ListWorkflows(ctx context.Context, r *pb.ListWorkflowsRequest) (*pb.ListWorkflowsResponse, error) {
	return call(ctx, w.List, r)
}

// GetWorkflow implements the service.
func (w *Workflows) GetWorkflow(ctx context.Context, r *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error) {
	return call(ctx, w.Get, r)
}

// ImportWorkflow implements the service.
func (w *Workflows) ImportWorkflow(ctx context.Context, r *pb.ImportWorkflowRequest) (*pb.ImportWorkflowResponse, error) {
	return call(ctx, w.Import, r)
}

// UpdateWorkflow implements the service.
func (w *Workflows) UpdateWorkflow(ctx context.Context, r *pb.UpdateWorkflowRequest) (*pb.UpdateWorkflowResponse, error) {
	return call(ctx, w.Update, r)
}

// DeleteWorkflow implements the service.
func (w *Workflows) DeleteWorkflow(ctx context.Context, r *pb.DeleteWorkflowRequest) (*pb.DeleteWorkflowResponse, error) {
	return call(ctx, w.Delete, r)
}

// CheckWorkflow implements the service.
func (w *Workflows) CheckWorkflow(ctx context.Context, r *pb.CheckWorkflowRequest) (*pb.CheckWorkflowResponse, error) {
	return call(ctx, w.Check, r)
}

// MeasureWorkflow implements the service.
func (w *Workflows) MeasureWorkflow(ctx context.Context, r *pb.MeasureWorkflowRequest) (*pb.MeasureWorkflowResponse, error) {
	return call(ctx, w.Measure, r)
}

// ListTemplates implements the service.
func (w *Workflows) ListTemplates(ctx context.Context, r *pb.ListTemplatesRequest) (*pb.ListTemplatesResponse, error) {
	return call(ctx, w.Templates, r)
}
