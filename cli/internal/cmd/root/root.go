// Package root is the program: its commands, and what becomes of their errors.
package root

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/buildinfo"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/book"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/cancel"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/list"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/show"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
)

// Main runs the program and returns its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	return Run(ctx, factory.New())
}

// Run executes the command line in f.Args and returns the exit code.
func Run(ctx context.Context, f *factory.Factory) int {
	cmd := NewCmdRoot(f)
	cmd.SetArgs(f.Args)
	begun := false
	markBegin(cmd, &begun)
	executed, err := cmd.ExecuteContextC(ctx)
	if err == nil {
		return exitcode.OK
	}
	code := problem.Code(err)
	if !begun {
		code = exitcode.Usage
	}
	line := f.Explainer().Line(err)
	if code == exitcode.Interrupted && errors.Is(err, context.Canceled) {
		line = ""
	}
	if line != "" {
		if code == exitcode.Usage {
			line += fmt.Sprintf(" (see '%s --help')", executed.CommandPath())
		}
		fmt.Fprintln(f.IO.Err, "comfysched: "+line)
	}
	return code
}

// markBegin notes when a command begins its work: an error before that is one about the command line.
func markBegin(cmd *cobra.Command, begun *bool) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*begun = true
			return work(cmd, args)
		}
	}
	for _, child := range cmd.Commands() {
		markBegin(child, begun)
	}
}

// NewCmdRoot makes the root command with all others below it.
func NewCmdRoot(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "comfysched",
		Short: "Book time slots on a shared ComfyUI",
		Long: `Book time slots on a shared ComfyUI and follow them. On a terminal you get tables, in a pipe tab-separated rows; --json prints
the API's own JSON and --quiet only ids.`,
		Version:                    buildinfo.String(),
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.SetIn(f.IO.In)
	cmd.SetOut(f.IO.Out)
	cmd.SetErr(f.IO.Err)
	cmd.PersistentFlags().StringVar(&f.ServerFlag, "server", "", "`URL` or name of the server (COMFYSCHED_SERVER)")
	cmd.AddCommand(
		book.NewCmdBook(f, nil),
		list.NewCmdList(f, nil),
		show.NewCmdShow(f, nil),
		cancel.NewCmdCancel(f, nil),
	)
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	if similar := cmd.SuggestionsFor(name); len(similar) > 0 {
		return exitcode.Usagef("there is no command %q; did you mean %q?", name, similar[0])
	}
	return exitcode.Usagef("there is no command %q", name)
}
