package job

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// cancelOptions are the options of cancel and what it works with.
type cancelOptions struct {
	*factory.Factory

	Jobs []string
	Out  flags.Out
}

// NewCmdCancel makes the command.
func NewCmdCancel(f *factory.Factory) *cobra.Command {
	opts := &cancelOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "cancel JOB...",
		Short: "Take jobs back",
		Long: `Take jobs back. A scheduled job is cancelled at once and frees its slot. A running one is interrupted; it is cancelled when
ComfyUI has let go, which 'comfysched wait' waits for, and may complete all the same.

` + refs.JobHelp + ` With several, one that
cannot be cancelled does not keep the others from it; the exit code is that of the first.
` + render.JobRowHelp + `.`,
		Example: `  comfysched cancel 3f2a1b2c
  comfysched list --mine -s scheduled --all -q | xargs -r comfysched cancel`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, factory.OpenJobs),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Jobs = args
			return cancelRun(cmd.Context(), opts)
		},
	}
	opts.Out.Bind(cmd, "the jobs' ids")
	return cmd
}

func cancelRun(ctx context.Context, opts *cancelOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	return problem.Each(opts.IO.Err, opts.Explainer(), opts.Jobs, func(ref string) error { return opts.one(ctx, client, ref) })
}

func (o *cancelOptions) one(ctx context.Context, client *api.Client, ref string) error {
	id, err := refs.JobID(ctx, client, ref)
	if err != nil {
		return err
	}
	answer, err := client.Scheduler.CancelJob(ctx, &pb.CancelJobRequest{JobId: id})
	if err != nil {
		return err
	}
	short := refs.Short(id)
	sentence := fmt.Sprintf("Interrupting %s; 'comfysched wait %s' waits until ComfyUI has let go", short, short)
	if answer.GetJob().GetStatus() == pb.JobStatus_JOB_STATUS_CANCELLED {
		sentence = fmt.Sprintf("Cancelled %s; its slot at %s is free", short, o.Clock.Stamp(api.StartMS(answer.GetJob())))
	}
	var names api.Names
	if showsRows(o.Factory, o.Out) {
		known, _ := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id}) // it is cancelled, with or without a name
		names = api.NamesOf(known.GetUsers())
	}
	return render.JobResult(o.IO, o.Clock, o.Out, answer, names, sentence)
}
