package root

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// reflow breaks text anew so that no line is wider than width. Lines that begin with a space are rows of a table: they
// stay apart from each other, and what does not fit goes on below their last column. Lines that begin with a tab are left
// as they are.
func reflow(text string, width int) string {
	var out, paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			out = append(out, strings.Split(ansi.Wordwrap(strings.Join(paragraph, " "), width, " "), "\n")...)
		}
		paragraph = nil
	}
	for _, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
			end()
			out = append(out, "")
		case line[0] == '\t': // an example to copy
			end()
			out = append(out, strings.ReplaceAll(line, "\t", "    "))
		case line[0] == ' ':
			end()
			out = append(out, hang(line, lastColumn(line), width)...)
		default:
			paragraph = append(paragraph, line)
		}
	}
	end()
	return strings.Join(out, "\n")
}

// hang breaks one line; what goes on below is indented.
func hang(line string, indent, width int) []string {
	head, rest := line[:indent], line[indent:]
	lines := strings.Split(ansi.Wordwrap(rest, max(width-indent, 20), " "), "\n")
	for i := range lines {
		if i == 0 {
			lines[i] = head + lines[i]
			continue
		}
		lines[i] = strings.Repeat(" ", indent) + lines[i]
	}
	return lines
}

// lastColumn finds the beginning of a row's last column: after its last gap of two spaces or more.
func lastColumn(row string) int {
	if gap := strings.LastIndex(row, "  "); gap >= 0 {
		return gap + 2
	}
	return len(row) - len(strings.TrimLeft(row, " "))
}
