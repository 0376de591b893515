package workflow

import (
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdMeasure(f *factory.Factory) *cobra.Command {
	var out flags.Out
	req := &pb.MeasureWorkflowRequest{}
	cmd := &cobra.Command{
		Use:   "measure ID",
		Short: "Have a workflow measured in free time (administrators)",
		Long: `Have a workflow measured as soon as there is free time, although it was measured before or its result was bad. It is run twice,
and its result is looked at: one that is empty or all black is not booked until an administrator says, with --accept, that it
is good enough. Only administrators may.

` + workflowHelp + `

` + rowHelp + `.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workflows),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			req.WorkflowId = args[0]
			answer, err := client.Workflows.MeasureWorkflow(cmd.Context(), req)
			if err != nil {
				return err
			}
			return result(f, out, answer, func(w *pb.Workflow) error { return verdicts(f, w) })
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&req.WorkerId, "worker", "", "`id` of the worker; every one that can run it when absent")
	cmd.Flags().BoolVar(&req.AcceptResult, "accept", false, "let it be booked although its result was bad; it is not measured again")
	out.Bind(cmd, "the workflow's id")
	f.CompleteFlag(cmd, "worker", factory.Workers)
	return cmd
}
