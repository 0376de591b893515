// Package outflag is the options that choose what a command prints.
package outflag

import "github.com/spf13/cobra"

// Flags are --json and --quiet, which exclude each other.
type Flags struct {
	// JSON asks for the API's own JSON.
	JSON bool
	// Quiet asks for what names the result and nothing else.
	Quiet bool
}

// Bind makes the options known; quiet says what --quiet leaves to print.
func (f *Flags) Bind(cmd *cobra.Command, quiet string) {
	cmd.Flags().BoolVar(&f.JSON, "json", false, "print the API's JSON")
	cmd.Flags().BoolVarP(&f.Quiet, "quiet", "q", false, "print only "+quiet)
	cmd.MarkFlagsMutuallyExclusive("json", "quiet")
}
