// Command comfyscheduler books time slots on a GPU that runs ComfyUI, and runs the jobs when their slots begin.
package main

import (
	"context"
	"fmt"
	"os"
	_ "time/tzdata" // for systems without a table of time zones

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator"
)

// version is set when the program is built.
var version = "dev"

func main() {
	root := &cobra.Command{
		Use:           "comfyscheduler",
		Short:         "Book time slots on a GPU that runs ComfyUI",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.AddCommand(serveCommand(), checkConfigCommand(), convertCommand(), backupCommand(), restoreCommand(), simulator.Command(),
		versionCommand())
	if err := root.ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "comfyscheduler:", err)
		os.Exit(1)
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), version) },
	}
}
