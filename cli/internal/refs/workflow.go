package refs

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Workflow reads the workflow with an id, the server's first when it is empty, with its form.
func Workflow(ctx context.Context, client *api.Client, id string) (*pb.Workflow, error) {
	answer, err := client.Workflows.GetWorkflow(ctx, &pb.GetWorkflowRequest{WorkflowId: id})
	return answer.GetWorkflow(), err
}
