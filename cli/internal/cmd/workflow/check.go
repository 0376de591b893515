package workflow

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdCheck(f *factory.Factory) *cobra.Command {
	var out flags.Out
	cmd := &cobra.Command{
		Use:   "check [ID]",
		Short: "Ask the ComfyUIs again whether they can run a workflow",
		Long: `Ask the ComfyUIs again whether they can run a workflow, or all workflows without ID: after a model or a node pack was put there,
say. The exit code for one workflow is 1 when no worker can run it.

` + workflowHelp + `

` + rowHelp + `.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workflows),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			req := &pb.CheckWorkflowRequest{}
			if len(args) == 1 {
				req.WorkflowId = args[0]
			}
			answer, err := client.Workflows.CheckWorkflow(cmd.Context(), req)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if out.JSON {
					return render.JSON(f.IO, answer)
				}
				return f.IO.Tell("Asked the ComfyUIs about all workflows; 'comfysched workflow list' tells what they said")
			}
			if err := result(f, out, answer, func(w *pb.Workflow) error { return verdicts(f, w) }); err != nil {
				return err
			}
			if !runs(answer.GetWorkflow()) {
				return exitcode.Silent(exitcode.Failure)
			}
			return nil
		},
	}
	out.Bind(cmd, "the workflow's id")
	return cmd
}

// runs reports whether a worker can run a workflow.
func runs(w *pb.Workflow) bool {
	return slices.ContainsFunc(w.GetWorkers(), func(fit *pb.WorkflowFitness) bool {
		return fit.GetState() == pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_RUNS
	})
}

// verdicts prints a workflow's state and what each worker says of it.
func verdicts(f *factory.Factory, w *pb.Workflow) error {
	text, style := state(f, w.GetSummary())
	if err := f.IO.Tell("%s: %s", f.IO.Bold(w.GetSummary().GetId()), style(text)); err != nil {
		return err
	}
	return fitness(f, w)
}
