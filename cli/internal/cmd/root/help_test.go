package root_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
)

// Whoever asks for help can read it: no line of any command's help is broken by a terminal of 80 columns.
func TestHelpFitsTheTerminal(t *testing.T) {
	var paths [][]string
	var walk func(*cobra.Command, []string)
	walk = func(cmd *cobra.Command, path []string) {
		paths = append(paths, path)
		for _, child := range cmd.Commands() {
			walk(child, append(path[:len(path):len(path)], child.Name()))
		}
	}
	f, _ := servertest.With(t, &servertest.Scheduler{})
	walk(root.NewCmdRoot(f), nil)
	for _, path := range paths {
		for _, width := range []int{80, 200} {
			f, term := servertest.With(t, &servertest.Scheduler{})
			f.IO.SetTTY(width, true)
			f.Args = append(path, "--help")
			if code := root.Run(t.Context(), f); code != 0 {
				t.Fatalf("%v: exit code %d", path, code)
			}
			text := ansi.Strip(term.Out.String())
			if !strings.Contains(text, "\nUsage:\n  comfysched "+strings.Join(path, " ")) {
				t.Errorf("%v: no usage in\n%s", path, text)
			}
			for _, line := range strings.Split(text, "\n") {
				if ansi.StringWidth(line) > width {
					t.Errorf("%v is wider than %d columns: %q", path, width, line)
				}
			}
		}
	}
}
