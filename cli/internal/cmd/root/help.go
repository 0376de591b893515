package root

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// widest is the widest help: longer lines are hard to read.
const widest = 100

// installHelp makes a command and all below it print their help by this package.
func installHelp(cmd *cobra.Command, io *term.Streams) {
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(io.Out, helpText(cmd, io)) })
}

func helpText(cmd *cobra.Command, io *term.Streams) string {
	width := min(io.Width()-1, widest)
	var out strings.Builder
	section := func(title, body string) {
		if body = strings.TrimRight(body, "\n"); body != "" {
			fmt.Fprintf(&out, "\n%s\n%s\n", io.Bold(title), body)
		}
	}
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	out.WriteString(reflow(about, width) + "\n")
	section("Usage:", usage(cmd, width))
	section("Other names:", indented(strings.Join(cmd.Aliases, ", ")))
	for _, g := range cmd.Groups() {
		section(g.Title, children(cmd, g.ID, width))
	}
	others := "Commands:"
	if len(cmd.Groups()) > 0 {
		others = "Others:"
	}
	section(others, children(cmd, "", width))
	section("Examples:", cmd.Example)
	section("Options:", cmd.LocalFlags().FlagUsagesWrapped(width))
	section("Options of all commands:", cmd.InheritedFlags().FlagUsagesWrapped(width))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&out, "\n'%s COMMAND --help' tells more about a command.\n", cmd.CommandPath())
	}
	return out.String()
}

// usage is the line by which the command is called.
func usage(cmd *cobra.Command, width int) string {
	line := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		line = cmd.CommandPath() + " COMMAND"
	}
	return strings.Join(hang("  "+line, 2+len(cmd.CommandPath())+1, width), "\n")
}

// children are the commands below one, of one group.
func children(cmd *cobra.Command, group string, width int) string {
	var lines []string
	for _, child := range cmd.Commands() {
		if child.GroupID == group && (child.IsAvailableCommand() || child.Name() == "help") {
			row := fmt.Sprintf("  %-*s  %s", child.NamePadding(), child.Name(), child.Short)
			lines = append(lines, hang(row, 2+child.NamePadding()+2, width)...)
		}
	}
	return strings.Join(lines, "\n")
}

func indented(line string) string {
	if line == "" {
		return ""
	}
	return "  " + line
}
