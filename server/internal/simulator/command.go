package simulator

import (
	"os"
	"os/signal"

	"github.com/spf13/cobra"
)

// Command is the subcommand "simulate". SIGINT stops it cleanly; SIGTERM keeps its default
// action and kills it, as it does ComfyUI. A failed start is an error for the caller to
// print and turn into exit code 1.
func Command() *cobra.Command {
	var options Options
	command := &cobra.Command{
		Use:   "simulate",
		Short: "Run a simulated ComfyUI",
		Long: "Run a stand-in for ComfyUI that takes ComfyUI's flags, speaks its API and saves\n" +
			"pictures marked as simulated. It needs no models and no GPU.\n\n" +
			"To test how clients cope, --misbehave makes it misbehave for good, and a marker such as\n" +
			"[[fail]], [[hang]], [[crash]] or [[slow=5s]] in a prompt's text for that run alone.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt)
			defer stop()
			return Run(ctx, options)
		},
	}
	options.Bind(command.Flags())
	return command
}
