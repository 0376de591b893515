// Package version is the command that tells the program's version.
package version

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/buildinfo"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
)

// NewCmdVersion makes the command.
func NewCmdVersion(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Tell the version of this program",
		Long:  `Tell the version of this program. 'comfysched status' tells that of the server.`,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(f.IO.Out, Text())
			return err
		},
	}
}

// Text is the version, and what the program was built by and for.
func Text() string {
	return fmt.Sprintf("comfysched %s (%s, %s/%s)", buildinfo.String(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
