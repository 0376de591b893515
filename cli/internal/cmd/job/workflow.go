package job

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// workflow asks for the workflow with an id, the server's first when it is empty. One that does not exist is nil: the
// server refuses what is asked of it.
func workflow(ctx context.Context, client *api.Client, id string) (*pb.Workflow, error) {
	state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return nil, err
	}
	for _, w := range state.GetSnapshot().GetWorkflows() {
		if id == "" || w.GetId() == id {
			return w, nil
		}
	}
	return nil, nil
}
