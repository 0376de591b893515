package workflow

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// showOptions are the options of workflow show and what it works with.
type showOptions struct {
	*factory.Factory

	ID, Input string
	Hidden    bool
	Out       flags.Out
}

func newCmdShow(f *factory.Factory) *cobra.Command {
	opts := &showOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "show [ID [INPUT]]",
		Short: "Show what a workflow takes and where it runs",
		Long: `Show what a workflow takes and where it runs: its form, and for each worker what is missing there, where it belongs, and where
the file says that it can be had. Without ID it is the workflow that is booked when none is named. With INPUT it is one input,
with all its choices and its whole help.

` + workflowHelp + `

In a pipe each input is one tab-separated line: name, kind, role, what it takes, default, whether a booking may leave it out
(required or optional), label, help.`,
		Example: `  comfysched workflow show flux_klein
  comfysched workflow show flux_klein sampler
  comfysched workflow show flux_klein --json | jq '.workflow.workers[].problems'`,
		Args: cobra.MaximumNArgs(2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return f.Inputs("", asker(opts.Hidden))(cmd, args, typed)
			}
			return f.Complete(1, factory.Workflows)(cmd, args, typed)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for i, to := range []*string{&opts.ID, &opts.Input} {
				if i < len(args) {
					*to = args[i]
				}
			}
			return opts.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&opts.Hidden, "hidden", false,
		"also the inputs that are not part of the form, and which fields of the graph each sets")
	opts.Out.Bind(cmd, "the names of the inputs")
	return cmd
}

func (o *showOptions) run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	found, err := get(ctx, client, o.ID, o.Hidden)
	if err != nil {
		return err
	}
	w := found.GetWorkflow()
	if o.Input != "" {
		input := form.ByName(w, o.Input)
		if input == nil {
			return exitcode.Errorf(exitcode.NotFound, "workflow %s has no input %q; %s", w.GetSummary().GetId(), o.Input, form.Has(w, o.Input))
		}
		return o.input(input)
	}
	switch {
	case o.Out.JSON:
		return render.JSON(o.IO, found)
	case o.Out.Quiet:
		for _, input := range w.GetInputs() {
			if _, err := fmt.Fprintln(o.IO.Out, input.GetName()); err != nil {
				return err
			}
		}
		return nil
	case o.IO.IsStdoutTTY():
		return detail(o.Factory, w)
	}
	return inputRows(o.Factory, w.GetInputs()).Print()
}

// input shows one input.
func (o *showOptions) input(input *pb.Input) error {
	switch {
	case o.Out.JSON:
		return render.JSON(o.IO, input)
	case o.Out.Quiet:
		_, err := fmt.Fprintln(o.IO.Out, input.GetName())
		return err
	case o.IO.IsStdoutTTY():
		return inputDetail(o.Factory, input)
	}
	return inputRows(o.Factory, []*pb.Input{input}).Print()
}
