package job

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
)

// showOptions are the options of show and what it works with.
type showOptions struct {
	*factory.Factory

	Job string
	Out flags.Out
}

// NewCmdShow makes the command.
func NewCmdShow(f *factory.Factory) *cobra.Command {
	opts := &showOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "show JOB",
		Short: "Show everything about a job",
		Long: `Show everything about a job.

` + refs.JobHelp + `

` + render.JobRowHelp + `.`,
		Example: `  comfysched show 3f2a1b2c
  comfysched show 3f2a1b2c --json | jq -r .job.seed`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Jobs),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Job = args[0]
			return showRun(cmd.Context(), opts)
		},
	}
	opts.Out.Bind(cmd, "the job's id")
	return cmd
}

func showRun(ctx context.Context, opts *showOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	answer, err := refs.Job(ctx, client, opts.Job)
	if err != nil {
		return err
	}
	names := api.NamesOf(answer.GetUsers())
	if opts.IO.IsStdoutTTY() && opts.Out == (flags.Out{}) {
		render.JobDetail(opts.IO, opts.Clock, answer.GetJob(), names[answer.GetJob().GetUserId()])
		return nil
	}
	return render.JobResult(opts.IO, opts.Clock, opts.Out, answer, names, "")
}
