package job

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// downloadOptions are the options of download and what it works with.
type downloadOptions struct {
	*factory.Factory

	Jobs []string
	Dir  string
}

// NewCmdDownload makes the command.
func NewCmdDownload(f *factory.Factory) *cobra.Command {
	opts := &downloadOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "download JOB...",
		Short: "Save the results of completed jobs",
		Long: `Save all results of completed jobs under the names that they have on the server, and print the paths. A file that is there
already with the same content is left alone; one with other content is an error, nothing is overwritten.

` + refs.JobHelp + ` One that fails does not keep the others
from it; the exit code is that of the first.`,
		Example: `  comfysched download 3f2a1b2c
  comfysched list -m -s completed -q | xargs comfysched download -d pictures`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, factory.CompletedJobs),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Jobs = args
			return downloadRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVarP(&opts.Dir, "dir", "d", ".", "`directory` to save in; it is made when missing")
	return cmd
}

func downloadRun(ctx context.Context, opts *downloadOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	return problem.Each(opts.IO.Err, opts.Explainer(), opts.Jobs, func(ref string) error {
		answer, err := refs.Job(ctx, client, ref)
		j := answer.GetJob()
		if err == nil {
			err = downloadable(j)
		}
		if err != nil {
			return err
		}
		saved, err := outcome.Save(ctx, client, j, opts.Dir)
		for _, path := range saved {
			fmt.Fprintln(opts.IO.Out, term.Line(path))
		}
		return err
	})
}

// downloadable explains why a job has no results.
func downloadable(j *pb.Job) error {
	id := refs.Short(j.GetId())
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_COMPLETED:
		if j.GetHidden() {
			return exitcode.Errorf(exitcode.NotAllowed, "the results of job %s are not for you to see", id)
		}
		return nil
	case pb.JobStatus_JOB_STATUS_FAILED:
		return exitcode.Errorf(exitcode.JobFailed, "job %s failed: %s", id, render.ErrorText(j))
	case pb.JobStatus_JOB_STATUS_CANCELLED:
		return exitcode.Errorf(exitcode.JobFailed, "job %s was cancelled", id)
	}
	return exitcode.Errorf(exitcode.Failure, "job %s has not ended: 'comfysched wait %s --download DIR' waits for it", id, id)
}
