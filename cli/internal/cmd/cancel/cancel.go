// Package cancel is the command that takes jobs back.
package cancel

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what cancelling needs.
type Options struct {
	IO      *iostreams.IOStreams
	Clock   when.Clock
	Client  func() (*api.Client, error)
	Explain func() problem.Explainer

	Jobs []string
	Out  outflag.Flags
}

// NewCmdCancel makes the command; runF replaces its work in tests.
func NewCmdCancel(f *factory.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	opts := &Options{IO: f.IO, Clock: f.Clock, Client: f.Client, Explain: f.Explainer}
	cmd := &cobra.Command{
		Use:   "cancel JOB...",
		Short: "Take jobs back",
		Long: `Take jobs back. A scheduled job is cancelled at once and frees its slot. A running one is interrupted; it is cancelled when
ComfyUI has let go, which 'comfysched wait' waits for, and may complete all the same.

` + jobref.Help + ` With several, one that
cannot be cancelled does not keep the others from it; the exit code is that of the first.
` + jobview.RowHelp + `.`,
		Example: `  comfysched cancel 3f2a1b2c
  comfysched list --mine --status scheduled --quiet | xargs comfysched cancel`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.CompleteArgs(factory.OpenJobs, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Jobs = args
			if runF != nil {
				return runF(cmd.Context(), opts)
			}
			return cancelRun(cmd.Context(), opts)
		},
	}
	opts.Out.Bind(cmd, "the jobs' ids")
	return cmd
}

func cancelRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	if len(opts.Jobs) == 1 {
		return opts.one(ctx, client, opts.Jobs[0])
	}
	code := exitcode.OK
	for _, ref := range opts.Jobs {
		if err := opts.one(ctx, client, ref); err != nil {
			fmt.Fprintf(opts.IO.Err, "comfysched: %s: %s\n", ref, opts.Explain().Line(err))
			if code == exitcode.OK {
				code = problem.Code(err)
			}
		}
	}
	if code != exitcode.OK {
		return exitcode.Silent(code)
	}
	return nil
}

func (o *Options) one(ctx context.Context, client *api.Client, ref string) error {
	id, err := jobref.Resolve(ctx, client.Scheduler, ref)
	if err != nil {
		return err
	}
	answer, err := client.Scheduler.CancelJob(ctx, &pb.CancelJobRequest{JobId: id})
	if err != nil {
		return err
	}
	j := answer.GetJob()
	switch {
	case o.Out.JSON:
		return apijson.Print(o.IO, answer)
	case o.Out.Quiet:
		_, err = fmt.Fprintln(o.IO.Out, id)
	case !o.IO.IsStdoutTTY():
		return jobview.List(o.IO, o.Clock, []*pb.Job{j})
	case j.GetStatus() == pb.JobStatus_JOB_STATUS_CANCELLED:
		_, err = fmt.Fprintf(o.IO.Out, "Cancelled %s; its slot at %s is free.\n", jobview.ShortID(id), o.Clock.Stamp(j.GetTimeSlot()))
	default:
		_, err = fmt.Fprintf(o.IO.Out, "Interrupting %s; 'comfysched wait %s' waits until ComfyUI has let go.\n", jobview.ShortID(id), jobview.ShortID(id))
	}
	return err
}
