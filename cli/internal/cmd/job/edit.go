package job

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
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
		Long: `Change the prompt, seed, parameters or slot of a scheduled job in one step: all of it or nothing. What is not named stays.

` + refs.JobHelp + `

` + when.Help + `

` + render.JobRowHelp + `.`,
		Example: `  comfysched edit 3f2a1b2c --prompt "a red fox at night" --seed random
  comfysched edit 3f2a1b2c --set steps=8 --after 18:00`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.CompleteArgs(factory.ScheduledJobs, 1),
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
	fs.StringArrayVar(&opts.Set, "set", nil, flags.SetHelp)
	opts.Start.Bind(fs)
	fs.Int64Var(&opts.Version, "if-version", 0, versionHelp)
	opts.Out.Bind(cmd, "the job's id")
	return cmd
}

func (o *editOptions) check() (err error) {
	if !o.Prompt.Given() && o.Seed == "" && len(o.Set) == 0 && o.Start.Given() == 0 {
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
	j, err := refs.Job(ctx, client.Scheduler, opts.Job)
	if err != nil {
		return err
	}
	c, err := opts.change(ctx, client, j)
	if err != nil {
		return err
	}
	answer, err := c.Apply(ctx, client.Scheduler, j, opts.Version, opts.Args)
	if err != nil {
		return err
	}
	return render.JobResult(opts.IO, opts.Clock, opts.Out, answer, render.JobSentence(opts.IO, opts.Clock, "Changed", answer.GetJob()))
}

// change collects what the options name.
func (o *editOptions) change(ctx context.Context, client *api.Client, j *pb.Job) (c *change, err error) {
	c = &change{}
	if o.Prompt.Given() {
		if c.Edit.Prompt, err = o.Prompt.Read(o.IO); err != nil {
			return nil, err
		}
		if err := flags.ValidPrompt(c.Edit.Prompt); err != nil {
			return nil, err
		}
		c.Paths = append(c.Paths, "prompt")
	}
	if o.Seed != "" {
		c.Edit.Seed = o.seed
		c.Paths = append(c.Paths, "seed")
	}
	if len(o.Set) > 0 {
		if c.Edit.Parameters, err = o.parameters(ctx, client, j); err != nil {
			return nil, err
		}
		c.Paths = append(c.Paths, "parameters")
	}
	if o.Start.Given() > 0 {
		c.Start(o.start)
	}
	return c, nil
}

// parameters are the values of --set, typed by the job's workflow.
func (o *editOptions) parameters(ctx context.Context, client *api.Client, j *pb.Job) (map[string]*pb.ParameterValue, error) {
	declared, err := workflow(ctx, client, j.GetWorkflowId())
	if err != nil {
		return nil, err
	}
	return flags.Parameters(declared, o.Set)
}
