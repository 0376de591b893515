package flags

import (
	"github.com/spf13/cobra"
)

// Out are --json and --quiet, which exclude each other.
type Out struct {
	// JSON asks for the API's own JSON.
	JSON bool
	// Quiet asks for what names the result and nothing else.
	Quiet bool
}

// Bind makes the options known; quiet says what --quiet leaves to print.
func (f *Out) Bind(cmd *cobra.Command, quiet string) {
	cmd.Flags().BoolVar(&f.JSON, "json", false, "print the API's JSON")
	cmd.Flags().BoolVarP(&f.Quiet, "quiet", "q", false, "print only "+quiet)
	cmd.MarkFlagsMutuallyExclusive("json", "quiet")
}
