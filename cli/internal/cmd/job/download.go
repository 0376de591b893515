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
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// downloadOptions are the options of download and what it works with.
type downloadOptions struct {
	*factory.Factory

	Jobs   []string
	Mine   bool
	Window *pb.TimeSlot // with Mine; nil for all times
	Series string
	Dir    string
	Zip    string // empty: the files as they are
}

// NewCmdDownload makes the command.
func NewCmdDownload(f *factory.Factory) *cobra.Command {
	opts := &downloadOptions{Factory: f}
	var from, to string
	cmd := &cobra.Command{
		Use:   "download [JOB...]",
		Short: "Save the results of completed jobs",
		Long: `Save all results of completed jobs under the names that they have on the server, and print the paths. A file that is there
already with the same content is left alone; one with other content is an error, nothing is overwritten. --zip saves them in one
file instead, under names such as red-fox_seed-42.png; what is not there any more is told on stderr and in the zip.

` + refs.JobHelp + ` One that fails does not keep the others
from it; the exit code is that of the first. --mine takes all of your own, or those whose slot has a moment in common with the stretch
from --from to --to.
` + when.Help + `
Here a bare time of day means today's, and a bare day its beginning.`,
		Example: `  comfysched download 3f2a1b2c
  comfysched list -m -s completed -q | xargs comfysched download -d pictures
  comfysched download 3f2a1b2c --zip fox.zip
  comfysched download --mine --from yesterday --zip new.zip`,
		ValidArgsFunction: f.Complete(0, factory.CompletedJobs),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			opts.Jobs = args
			if opts.Window, err = window(opts.Clock, from, to); err != nil {
				return err
			}
			if err := opts.check(cmd.Flags().Changed("dir")); err != nil {
				return err
			}
			return downloadRun(cmd.Context(), opts)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&opts.Dir, "dir", "d", ".", "`directory` to save in; it is made when missing")
	fs.StringVarP(&opts.Zip, "zip", "z", "", "`file` to save everything in as one zip; - for stdout")
	fs.BoolVarP(&opts.Mine, "mine", "m", false, "the results of all own jobs")
	fs.StringVar(&opts.Series, "series", "", "the results of a series, by its `id`")
	fs.StringVar(&from, "from", "", "with --mine: only slots that end at or after this `time`")
	fs.StringVar(&to, "to", "", "with --mine: only slots that start at or before this `time`")
	return cmd
}

// check refuses options that mean nothing together.
func (o *downloadOptions) check(inDir bool) error {
	ways := 0
	for _, given := range []bool{len(o.Jobs) > 0, o.Mine, o.Series != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return exitcode.Usagef("name jobs, or give --mine or --series: one of them")
	case o.Window != nil && !o.Mine:
		return exitcode.Usagef("--from and --to need --mine")
	case o.Zip != "" && inDir:
		return exitcode.Usagef("--zip and --dir exclude each other")
	case o.Zip != "" && len(o.Jobs) > 1:
		return exitcode.Usagef("--zip takes the results of one job; those of several: --mine or --series")
	}
	return nil
}

func downloadRun(ctx context.Context, opts *downloadOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	if opts.Zip != "" {
		return downloadZip(ctx, opts, client)
	}
	if len(opts.Jobs) == 0 {
		if opts.Jobs, err = completed(ctx, opts, client); err != nil {
			return err
		}
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
