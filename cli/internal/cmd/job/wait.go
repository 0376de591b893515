package job

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// waitOptions are the options of wait and what it works with.
type waitOptions struct {
	*factory.Factory

	Jobs     []string
	Download string
	Out      flags.Out
}

// NewCmdWait makes the command.
func NewCmdWait(f *factory.Factory) *cobra.Command {
	opts := &waitOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "wait JOB...",
		Short: "Wait for jobs to end",
		Long: `Wait until jobs have ended and show their progress, as 'comfysched book --wait' does. The exit code is 7 when one of them
failed or was cancelled. A lost connection is opened again; Ctrl-C leaves the jobs as they are.

` + refs.JobHelp + `

` + render.JobRowHelp + `.`,
		Example: `  comfysched wait 3f2a1b2c
  comfysched wait 3f2a1b2c 77e01fd2 --download pictures`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, factory.OpenJobs),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Jobs = args
			return waitRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVarP(&opts.Download, "download", "d", "", "save the results in this `directory`")
	opts.Out.Bind(cmd, "the jobs' ids")
	return cmd
}

func waitRun(ctx context.Context, opts *waitOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	var jobs []*pb.Job
	names := api.Names{}
	for _, ref := range opts.Jobs {
		answer, err := refs.Job(ctx, client, ref)
		if err != nil {
			return err
		}
		j := answer.GetJob()
		names.Learn(answer.GetUsers())
		jobs = append(jobs, j)
		if opts.Out.Quiet {
			fmt.Fprintln(opts.IO.Out, j.GetId())
		}
	}
	waiter := outcome.Waiter{
		IO:      opts.IO,
		Clock:   opts.Clock,
		Client:  client,
		Explain: opts.Explainer(),
		Out:     opts.Out,
		Dir:     opts.Download,
		Names:   names,
	}
	return waiter.Await(ctx, jobs)
}
