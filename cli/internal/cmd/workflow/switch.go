package workflow

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdSwitch(f *factory.Factory, use, short, done string, disabled bool) *cobra.Command {
	long := short + "."
	if disabled {
		long += " New bookings are refused then; jobs that are booked run."
	}
	return &cobra.Command{
		Use:               use + " ID...",
		Short:             short,
		Long:              long + "\n\n" + workflowHelp,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, factory.Workflows),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(id string) error {
				return set(cmd.Context(), f, client.Workflows, &pb.UpdateWorkflowRequest{WorkflowId: id, Disabled: &disabled}, done)
			})
		},
	}
}

// set changes a workflow and says that it was done.
func set(
	ctx context.Context, f *factory.Factory, workflows pb.WorkflowServiceClient, req *pb.UpdateWorkflowRequest, done string,
) error {
	if _, err := workflows.UpdateWorkflow(ctx, req); err != nil {
		return err
	}
	return f.IO.Tell(done, term.Line(req.GetWorkflowId()))
}
