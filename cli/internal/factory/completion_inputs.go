package factory

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// FormAsker asks the server for the form that a command works with; args are the arguments typed so far.
type FormAsker func(ctx context.Context, client *api.Client, args []string) (*pb.Workflow, error)

// CompleteSet completes --set: the names of inputs, and then the values of the one that was named.
func (f *Factory) CompleteSet(cmd *cobra.Command, ask FormAsker) {
	complete := func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		words := f.complete(cmd.Context(), typed, func(ctx context.Context, client *api.Client, typed string) ([]cobra.Completion, error) {
			w, err := ask(ctx, client, args)
			words, more := form.Completions(w, typed)
			if more {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
			return words, err
		})
		return words, directive
	}
	if err := cmd.RegisterFlagCompletionFunc("set", complete); err != nil {
		panic(err) // the option does not exist
	}
}

// Inputs completes the names of inputs of a form; suffix goes on after a name.
func (f *Factory) Inputs(suffix string, ask FormAsker) cobra.CompletionFunc {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if suffix != "" {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		names := func(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
			w, err := ask(ctx, client, args)
			for _, input := range w.GetInputs() {
				words = append(words, cobra.CompletionWithDesc(input.GetName()+suffix, term.Line(input.GetLabel())))
			}
			return words, err
		}
		return f.complete(cmd.Context(), typed, names), directive
	}
}
