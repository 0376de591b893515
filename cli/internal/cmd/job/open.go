package job

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
)

// openOptions are the options of open and what it works with.
type openOptions struct {
	*factory.Factory

	Job   string // empty: the service's first page
	Print bool
}

// NewCmdOpen makes the command.
func NewCmdOpen(f *factory.Factory) *cobra.Command {
	opts := &openOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "open [JOB]",
		Short: "Open the page of a job, or the timeline, in a browser",
		Long: `Open the page of a job, or the timeline, in the browser, and print its address. Where there is no browser, in a pipe, and with
--print it is only printed. The environment variable BROWSER names a browser to use.

` + refs.JobHelp,
		Example: `  comfysched open
  comfysched open 3f2a1b2c`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Jobs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.Job = args[0]
			}
			return openRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Print, "print", false, "only print the address")
	return cmd
}

func openRun(ctx context.Context, opts *openOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	address := client.Address.String()
	if opts.Job != "" {
		answer, err := refs.Job(ctx, client, opts.Job)
		if err != nil {
			return err
		}
		address += "/jobs/" + answer.GetJob().GetId()
	}
	if !opts.Print && opts.IO.IsStdoutTTY() {
		browse(address)
	}
	_, err = fmt.Fprintln(opts.IO.Out, address)
	return err
}

// browse shows an address in a browser, if there is one. It does not wait for it.
func browse(address string) {
	var command []string
	switch {
	case os.Getenv("BROWSER") != "":
		command = []string{os.Getenv("BROWSER"), address}
	case runtime.GOOS == "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler", address}
	case runtime.GOOS == "darwin":
		command = []string{"open", address}
	case os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY") == "":
		return // nobody looks at this machine
	default:
		command = []string{"xdg-open", address}
	}
	if err := exec.Command(command[0], command[1:]...).Start(); err != nil {
		return // the address is printed
	}
}
