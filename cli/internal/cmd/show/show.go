// Package show is the command that shows one job.
package show

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what showing needs.
type Options struct {
	IO     *iostreams.IOStreams
	Clock  when.Clock
	Client func() (*api.Client, error)

	Job string
	Out outflag.Flags
}

// NewCmdShow makes the command.
func NewCmdShow(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Clock: f.Clock, Client: f.Client}
	cmd := &cobra.Command{
		Use:   "show JOB",
		Short: "Show everything about a job",
		Long: `Show everything about a job.

` + jobref.Help + `

` + jobview.RowHelp + `.`,
		Example: `  comfysched show 3f2a1b2c
  comfysched show 3f2a1b2c --json | jq -r .job.seed`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.CompleteArgs(factory.Jobs, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Job = args[0]
			return showRun(cmd.Context(), opts)
		},
	}
	opts.Out.Bind(cmd, "the job's id")
	return cmd
}

func showRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	j, err := jobref.Get(ctx, client.Scheduler, opts.Job)
	if err != nil {
		return err
	}
	if opts.IO.IsStdoutTTY() && opts.Out == (outflag.Flags{}) {
		jobview.Detail(opts.IO, opts.Clock, j)
		return nil
	}
	return jobview.Print(opts.IO, opts.Clock, opts.Out, &pb.GetJobResponse{Job: j}, "")
}
