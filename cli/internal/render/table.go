// Package render prints: tables for people, tab-separated rows for pipes, the API's own JSON for programs.
package render

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// gap stands between two columns on a terminal.
const gap = "  "

// minFlexible is the least width that is left to the last column before the table is let grow beyond the terminal.
const minFlexible = 12

// Cell is one value. Text may be anything that somebody wrote.
type Cell struct {
	Text string
	// Style colours the text on a terminal; nil for none.
	Style func(string) string
}

// Text is a cell without a style.
func Text(text string) Cell { return Cell{Text: text} }

// minNamed is the least width that a column of names is cut to.
const minNamed = 8

// Table collects rows and prints them. When the terminal is too narrow the last column is cut first, then those of Names.
type Table struct {
	io      *term.Streams
	heading []string
	rows    [][]Cell
	// Names are headings of columns that hold what people call things, which may be long.
	Names []string
	// Several are headings of columns that are shown only when not all rows have the same in them.
	Several []string
}

// NewTable begins a table. The heading is shown to people only.
func NewTable(streams *term.Streams, heading ...string) *Table {
	return &Table{io: streams, heading: heading}
}

// Row adds a row; it has as many cells as the heading.
func (t *Table) Row(cells ...Cell) {
	for i := range cells {
		cells[i].Text = term.Line(cells[i].Text)
	}
	t.rows = append(t.rows, cells)
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Append adds the rows of another table with the same columns.
func (t *Table) Append(other *Table) { t.rows = append(t.rows, other.rows...) }

// Print writes the table to stdout.
func (t *Table) Print() error {
	var out strings.Builder
	if t.io.IsStdoutTTY() {
		t.aligned(&out)
	} else {
		t.separated(&out)
	}
	_, err := t.io.Out.Write([]byte(out.String()))
	return err
}

func (t *Table) separated(out *strings.Builder) {
	for _, row := range t.rows {
		for i, cell := range row {
			if i > 0 {
				out.WriteByte('\t')
			}
			out.WriteString(cell.Text)
		}
		out.WriteByte('\n')
	}
}

func (t *Table) aligned(out *strings.Builder) {
	if len(t.rows) == 0 {
		return
	}
	t.leaveOutUniform()
	widths := t.widths()
	heading := make([]Cell, len(t.heading))
	for i, h := range t.heading {
		heading[i] = Cell{Text: h, Style: t.io.Faint}
	}
	for _, row := range append([][]Cell{heading}, t.rows...) {
		for i, cell := range row {
			text := ansi.Truncate(cell.Text, widths[i], "…")
			pad := strings.Repeat(" ", widths[i]-ansi.StringWidth(text))
			if cell.Style != nil && text != "" {
				text = cell.Style(text)
			}
			if i == len(row)-1 {
				out.WriteString(text + "\n")
				break
			}
			out.WriteString(text + pad + gap)
		}
	}
}

// leaveOutUniform takes out the columns of Several that tell rows nothing about each other.
func (t *Table) leaveOutUniform() {
	for i := len(t.heading) - 1; i >= 0; i-- {
		differs := func(row []Cell) bool { return row[i].Text != t.rows[0][i].Text }
		if !slices.Contains(t.Several, t.heading[i]) || slices.ContainsFunc(t.rows, differs) {
			continue
		}
		t.heading = slices.Delete(slices.Clone(t.heading), i, i+1)
		for n := range t.rows {
			t.rows[n] = slices.Delete(slices.Clone(t.rows[n]), i, i+1)
		}
	}
}

// widths gives each column what its widest cell needs, and the last one what the terminal leaves.
func (t *Table) widths() []int {
	widths := make([]int, len(t.heading))
	for i, h := range t.heading {
		widths[i] = ansi.StringWidth(h)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell.Text))
		}
	}
	last := len(widths) - 1
	room := t.io.Width()
	for _, w := range widths[:last] {
		room -= w + len(gap)
	}
	for i := last - 1; i >= 0; i-- {
		lacking, spare := min(widths[last], minFlexible)-room, widths[i]-minNamed
		if lacking > 0 && spare > 0 && slices.Contains(t.Names, t.heading[i]) {
			widths[i] -= min(lacking, spare)
			room += min(lacking, spare)
		}
	}
	widths[last] = min(widths[last], max(room, minFlexible))
	return widths
}

// Moment is a cell for a time in milliseconds; empty for 0.
func Moment(format func(int64) string, ms int64) Cell {
	if ms == 0 {
		return Cell{}
	}
	return Cell{Text: format(ms)}
}
