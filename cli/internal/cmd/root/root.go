// Package root is the program: its commands, and what becomes of their errors.
package root

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
	switch {
	case err == nil:
		return exitcode.OK
	case ctx.Err() != nil && !hasCode(err): // what was under way was cut off by Ctrl-C
		return exitcode.Interrupted
	}
	code := problem.Code(err)
	if !begun {
		code = exitcode.Usage
	}
	line := inWords(f.Explainer().Line(err))
	if line == "" {
		return code
	}
	if code == exitcode.Usage {
		line += fmt.Sprintf(" (see '%s --help')", executed.CommandPath())
	}
	fmt.Fprintln(f.IO.Err, "comfysched: "+line)
	return code
}

// exclusive matches cobra's complaint about options that exclude each other.
var exclusive = regexp.MustCompile(`^if any flags in the group \[(\S+) (\S+)\] are set none of the others can be; .*$`)

// inWords puts what cobra says about the command line as this program does.
func inWords(line string) string {
	return exclusive.ReplaceAllString(line, "--$1 and --$2 exclude each other")
}

func hasCode(err error) bool {
	var own *exitcode.Error
	return errors.As(err, &own)
}

// refuseEmpty refuses options that were given nothing, as a script with an unset variable does: the command would do
// something else, such as take the usual server or list everybody's jobs.
func refuseEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		empty := f.Value.Type() == "string" && f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = len(list.GetSlice()) == 0 || slices.Contains(list.GetSlice(), "")
		}
		if empty && err == nil {
			err = exitcode.Usagef("--%s is empty", f.Name)
		}
	})
	return err
}

// markBegin notes when a command begins its work: an error before that is one about the command line.
func markBegin(cmd *cobra.Command, begun *bool) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			*begun = true
			return work(cmd, args)
		}
	}
	for _, child := range cmd.Commands() {
		markBegin(child, begun)
	}
}
