package root

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
)

// newCmdVersion makes the command.
func newCmdVersion(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Tell the version of this program",
		Long:  `Tell the version of this program. 'comfysched status' tells that of the server.`,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(f.IO.Out, versionText())
			return err
		},
	}
}

// versionText is the version, and what the program was built by and for.
func versionText() string {
	return fmt.Sprintf("comfysched %s (%s, %s/%s)", factory.VersionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
