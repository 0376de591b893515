// Package move is the command that moves a job to another slot.
package move

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/change"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/startflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
)

// Options is what moving needs.
type Options struct {
	IO     *iostreams.IOStreams
	Clock  when.Clock
	Client func() (*api.Client, error)
	Args   []string

	Job     string
	Start   startflag.Flags
	Version int64
	Out     outflag.Flags

	start startflag.Start
}

// NewCmdMove makes the command.
func NewCmdMove(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Clock: f.Clock, Client: f.Client, Args: f.Args}
	cmd := &cobra.Command{
		Use:   "move JOB {--next | --after TIME | --at TIME | --in DURATION}",
		Short: "Move a scheduled job to another slot",
		Long: `Move a scheduled job to another slot. The old slot is given up only when the new one is free.

` + jobref.Help + `

` + when.Help + `

` + jobview.RowHelp + `.`,
		Example: `  comfysched move 3f2a1b2c --at "tomorrow 9:00"
  comfysched move 3f2a1b2c --next`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.CompleteArgs(factory.ScheduledJobs, 1),
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
	cmd.Flags().Int64Var(&opts.Version, "if-version", 0, change.VersionHelp)
	opts.Out.Bind(cmd, "the job's id")
	return cmd
}

func moveRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	j, err := jobref.Get(ctx, client.Scheduler, opts.Job)
	if err != nil {
		return err
	}
	var c change.Change
	c.Start(opts.start)
	answer, err := c.Apply(ctx, client.Scheduler, j, opts.Version, opts.Args)
	if err != nil {
		return err
	}
	return jobview.Print(opts.IO, opts.Clock, opts.Out, answer, jobview.Sentence(opts.IO, opts.Clock, "Moved", answer.GetJob()))
}
