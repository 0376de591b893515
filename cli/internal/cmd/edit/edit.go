// Package edit is the command that changes a scheduled job.
package edit

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/change"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/paramflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/promptflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/startflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what editing needs.
type Options struct {
	IO     *iostreams.IOStreams
	Clock  when.Clock
	Client func() (*api.Client, error)
	Args   []string

	Job     string
	Prompt  promptflag.Flags
	Seed    string
	Set     []string
	Start   startflag.Flags
	Version int64
	Out     outflag.Flags

	start startflag.Start
}

// NewCmdEdit makes the command.
func NewCmdEdit(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Clock: f.Clock, Client: f.Client, Args: f.Args}
	cmd := &cobra.Command{
		Use:   "edit JOB",
		Short: "Change the prompt, seed, parameters or slot of a scheduled job",
		Long: `Change the prompt, seed, parameters or slot of a scheduled job in one step: all of it or nothing. What is not named stays.

` + jobref.Help + `

` + when.Help + `

` + jobview.RowHelp + `.`,
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
	fs.StringArrayVar(&opts.Set, "set", nil, paramflag.Help)
	opts.Start.Bind(fs)
	fs.Int64Var(&opts.Version, "if-version", 0, change.VersionHelp)
	opts.Out.Bind(cmd, "the job's id")
	return cmd
}

func (o *Options) check() (err error) {
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
	_, err = o.seed()
	return err
}

// seed is the new seed; nil for a random one.
func (o *Options) seed() (*uint64, error) {
	if o.Seed == "" || o.Seed == "random" {
		return nil, nil
	}
	n, err := strconv.ParseUint(o.Seed, 10, 64)
	if err != nil {
		return nil, exitcode.Usagef("--seed: %q is neither random nor a whole number from 0 to 18446744073709551615", o.Seed)
	}
	return &n, nil
}

func editRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	j, err := jobref.Get(ctx, client.Scheduler, opts.Job)
	if err != nil {
		return err
	}
	c, err := opts.change(ctx, client.Scheduler, j)
	if err != nil {
		return err
	}
	answer, err := c.Apply(ctx, client.Scheduler, j, opts.Version, opts.Args)
	if err != nil {
		return err
	}
	return jobview.Print(opts.IO, opts.Clock, opts.Out, answer, jobview.Sentence(opts.IO, opts.Clock, "Changed", answer.GetJob()))
}

// change collects what the options name.
func (o *Options) change(ctx context.Context, scheduler pb.SchedulerServiceClient, j *pb.Job) (c *change.Change, err error) {
	c = &change.Change{}
	if o.Prompt.Given() {
		if c.Edit.Prompt, err = o.Prompt.Read(o.IO); err != nil {
			return nil, err
		}
		if err := promptflag.Valid(c.Edit.Prompt); err != nil {
			return nil, err
		}
		c.Paths = append(c.Paths, "prompt")
	}
	if o.Seed != "" {
		if c.Edit.Seed, err = o.seed(); err != nil {
			return nil, err
		}
		c.Paths = append(c.Paths, "seed")
	}
	if len(o.Set) > 0 {
		if c.Edit.Parameters, err = paramflag.Values(ctx, scheduler, j.GetWorkflowId(), o.Set); err != nil {
			return nil, err
		}
		c.Paths = append(c.Paths, "parameters")
	}
	if o.Start.Given() > 0 {
		c.Start(o.start)
	}
	return c, nil
}
