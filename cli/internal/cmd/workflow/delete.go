package workflow

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdDelete(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete workflows that were imported",
		Long: `Delete workflows that were imported. Jobs that were booked with them run, and keep their graph. One of the watched folder is taken
off by moving its file away, that of the configuration by changing the configuration. It cannot be taken back: on a terminal
you are asked before, elsewhere --yes is needed.

Of several workflows, one that cannot be deleted does not keep the others from it; the exit code is that of the first.

` + workflowHelp,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, factory.Workflows),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := confirm(cmd.Context(), f, args, yes); err != nil {
				return err
			}
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(id string) error {
				if _, err := client.Workflows.DeleteWorkflow(cmd.Context(), &pb.DeleteWorkflowRequest{WorkflowId: id}); err != nil {
					return err
				}
				return f.IO.Tell("Deleted %s", term.Line(id))
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// confirm asks whether it is meant.
func confirm(ctx context.Context, f *factory.Factory, workflows []string, yes bool) error {
	switch {
	case yes:
		return nil
	case !f.IO.IsStdinTTY() || !f.IO.IsStderrTTY():
		return exitcode.Usagef("deleting cannot be taken back: say --yes, where nobody can be asked")
	}
	meant, err := f.IO.Confirm(ctx, fmt.Sprintf("Delete %s for good?", term.Line(strings.Join(workflows, ", "))))
	if err == nil && !meant {
		err = exitcode.Errorf(exitcode.Failure, "nothing was deleted")
	}
	return err
}
