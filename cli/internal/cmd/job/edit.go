package job

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/handin"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// editOptions are the options of edit and what it works with.
type editOptions struct {
	*factory.Factory

	Job     string
	Prompt  flags.Prompt
	Seed    string
	Set     []string
	Start   flags.Start
	Version int64
	Out     flags.Out

	start flags.Moment
	seed  *uint64 // nil for a random one
}

// NewCmdEdit makes the command.
func NewCmdEdit(f *factory.Factory) *cobra.Command {
	opts := &editOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "edit JOB",
		Short: "Change the prompt, seed, parameters or slot of a scheduled job",
		Long: `Change the prompt, seed, parameters or slot of a scheduled job. What is refused changes nothing. What is not named stays.

A slot that has to be longer with the new values grows where it is. When it has no room there, the command that takes the
next free start is told.

` + refs.JobHelp + `

` + when.Help + `

` + render.JobRowHelp + `.`,
		Example: `  comfysched edit 3f2a1b2c --prompt "a red fox at night" --seed random
  comfysched edit 3f2a1b2c --set steps=8 --after 18:00`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.ScheduledJobs),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Job = args[0]
			if err := opts.check(); err != nil {
				return err
			}
			return editRun(cmd.Context(), opts)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	opts.Prompt.Bind(fs)
	fs.StringVar(&opts.Seed, "seed", "", "new seed: a `number`, or random")
	fs.StringArrayVar(&opts.Set, "set", nil, form.SetHelp)
	opts.Start.Bind(fs)
	fs.Int64Var(&opts.Version, "if-version", 0, versionHelp)
	opts.Out.Bind(cmd, "the job's id")
	f.CompleteSet(cmd, opts.jobsForm)
	return cmd
}

func (o *editOptions) check() (err error) {
	if !o.changesInputs() && o.Start.Given() == 0 {
		return exitcode.Usagef("say what to change: --prompt, --seed, --set, or a time")
	}
	if err := o.Prompt.Check(); err != nil {
		return err
	}
	if o.Start.Given() > 0 {
		if o.start, err = o.Start.Read(o.Clock); err != nil {
			return err
		}
	}
	o.seed, err = flags.Seed(o.Seed, true)
	return err
}

func editRun(ctx context.Context, opts *editOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	known, err := refs.Job(ctx, client, opts.Job)
	if err != nil {
		return err
	}
	answer, err := opts.edit(ctx, client, known.GetJob())
	if err != nil {
		return err
	}
	sentence := render.JobSentence(opts.IO, opts.Clock, "Changed", answer.GetJob())
	return render.JobResult(opts.IO, opts.Clock, opts.Out, answer, api.NamesOf(known.GetUsers()), sentence)
}

// edit changes what the options name, all of it or nothing.
func (o *editOptions) edit(ctx context.Context, client *api.Client, j *pb.Job) (render.JobAnswer, error) {
	version := cmp.Or(o.Version, j.GetVersion())
	if !o.changesInputs() {
		return moveTo(ctx, client, j.GetId(), version, "", o.start, o.Args)
	}
	req, err := o.inputs(ctx, client, j)
	if err != nil {
		return nil, err
	}
	req.JobId, req.Version = j.GetId(), version
	switch {
	case o.Start.Given() == 0:
	case o.start.Exact:
		req.Start = &pb.UpdateJobRequest_StartMs{StartMs: o.start.MS}
	default:
		req.Start = &pb.UpdateJobRequest_EarliestStartMs{EarliestStartMs: o.start.MS}
	}
	changed, err := update(ctx, client, req)
	return changed, problem.OfferNext(err, func(next string) string { return flags.Retimed(o.Args, next) })
}

// jobsForm is the form of the workflow of the job that the first argument names.
func (o *editOptions) jobsForm(ctx context.Context, client *api.Client, args []string) (*pb.Workflow, error) {
	if len(args) == 0 {
		return nil, nil
	}
	known, err := refs.Job(ctx, client, args[0])
	if err != nil {
		return nil, err
	}
	return refs.Workflow(ctx, client, known.GetJob().GetWorkflowId())
}

func (o *editOptions) changesInputs() bool { return o.Prompt.Given() || o.Seed != "" || len(o.Set) > 0 }

// inputs are the inputs to change, typed by the form of the job's workflow.
func (o *editOptions) inputs(ctx context.Context, client *api.Client, j *pb.Job) (*pb.UpdateJobRequest, error) {
	w, err := refs.Workflow(ctx, client, j.GetWorkflowId())
	if err != nil {
		return nil, err
	}
	req := &pb.UpdateJobRequest{}
	if req.Inputs, err = form.Set(w, o.Set); err != nil {
		return nil, err
	}
	if o.Prompt.Given() {
		text, err := o.Prompt.Read(o.IO)
		if err != nil {
			return nil, err
		}
		if err := setPrompt(w, req.Inputs, text); err != nil {
			return nil, err
		}
	}
	if err := handin.Resolve(ctx, client, o.IO, req.GetInputs()); err != nil {
		return nil, err
	}
	switch {
	case o.seed != nil:
		return req, setSeed(w, req.Inputs, *o.seed)
	case o.Seed != "": // random
		input := form.ByRole(w, pb.InputRole_INPUT_ROLE_SEED)
		if input == nil {
			return nil, lacks("--seed", "seed", w)
		}
		req.ResetInputs = append(req.ResetInputs, input.GetName())
	}
	return req, nil
}
