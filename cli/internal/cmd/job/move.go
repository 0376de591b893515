package job

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

// moveOptions are the options of move and what it works with.
type moveOptions struct {
	*factory.Factory

	Job     string
	Worker  string
	Start   flags.Start
	Version int64
	Out     flags.Out

	start flags.Moment
}

// NewCmdMove makes the command.
func NewCmdMove(f *factory.Factory) *cobra.Command {
	opts := &moveOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "move JOB {--next | --after TIME | --at TIME | --in DURATION}",
		Short: "Move a scheduled job to another slot",
		Long: `Move a scheduled job to another slot. The old slot is given up only when the new one is free. With --at and --in it starts
exactly then; with --next and --after it may start earlier when a worker would be idle.

` + refs.JobHelp + `

` + when.Help + `

` + render.JobRowHelp + `.`,
		Example: `  comfysched move 3f2a1b2c --at "tomorrow 9:00"
  comfysched move 3f2a1b2c --next`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.ScheduledJobs),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			opts.Job = args[0]
			if opts.start, err = opts.Start.Read(opts.Clock); err != nil {
				return err
			}
			return moveRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().SortFlags = false
	opts.Start.Bind(cmd.Flags())
	cmd.Flags().StringVar(&opts.Worker, "worker", "", "`id` of the worker to move it to, where it stays from then on")
	cmd.Flags().Int64Var(&opts.Version, "if-version", 0, versionHelp)
	opts.Out.Bind(cmd, "the job's id")
	f.CompleteFlag(cmd, "worker", factory.Workers)
	return cmd
}

func moveRun(ctx context.Context, opts *moveOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	known, err := refs.Job(ctx, client, opts.Job)
	if err != nil {
		return err
	}
	version := cmp.Or(opts.Version, known.GetJob().GetVersion())
	answer, err := moveTo(ctx, client, known.GetJob().GetId(), version, opts.Worker, opts.start, opts.Args)
	if err != nil {
		return err
	}
	names := api.NamesOf(known.GetUsers())
	return render.JobResult(opts.IO, opts.Clock, opts.Out, answer, names, render.JobSentence(opts.IO, opts.Clock, "Moved", answer.GetJob()))
}
