package root

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
)

// newCmdDocs makes the command.
func newCmdDocs() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:    "docs --format {man|markdown} DIR",
		Short:  "Write manual pages or the command reference",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return err
			}
			return WriteDocs(cmd.Root(), format, args[0])
		},
	}
	cmd.Flags().StringVar(&format, "format", "markdown", "`format`: man or markdown")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"man", "markdown"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// WriteDocs writes one page for each command below root into dir. Manual pages carry the day of
// SOURCE_DATE_EPOCH, else today.
func WriteDocs(root *cobra.Command, format, dir string) error {
	root.DisableAutoGenTag = true
	root.InitDefaultCompletionCmd()
	switch format {
	case "man":
		header := &doc.GenManHeader{Section: "1", Source: "comfysched " + factory.VersionText(), Manual: "ComfyScheduler"}
		return doc.GenManTree(root, header, dir)
	case "markdown":
		return doc.GenMarkdownTree(root, dir)
	}
	return exitcode.Usagef("--format: man or markdown, not %q", format)
}
