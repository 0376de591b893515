package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table gathers what was measured.
type table struct {
	rows [][]string
}

func newTable() *table {
	return &table{rows: [][]string{{"what", "service", "bare limit", "ratio", "aim"}, {"---", "---", "---", "---", "---"}}}
}

// aim is the bound that a figure has to keep.
type aim struct {
	limit float64
	least bool // the figure shall be at least the limit, not at most
	text  string
}

func atMost(limit float64) aim { return aim{limit: limit, text: fmt.Sprintf("<= %g", limit)} }
func atLeast(limit float64) aim {
	return aim{limit: limit, least: true, text: fmt.Sprintf(">= %g", limit)}
}

// reported is a figure that is told and held against nothing.
var reported = aim{}

func (a aim) judge(figure float64) string {
	switch {
	case a.text == "":
		return ""
	case (a.least && figure >= a.limit) || (!a.least && figure <= a.limit):
		return a.text + ", met"
	default:
		return a.text + ", NOT met"
	}
}

// compare notes a figure beside its limit; the aim is for their ratio.
func (t *table) compare(what string, format func(float64) string, service, limit float64, a aim) {
	t.rows = append(t.rows, []string{what, format(service), format(limit), fmt.Sprintf("%.2f", service/limit), a.judge(service / limit)})
}

// note notes a figure that has no limit beside it.
func (t *table) note(what string, format func(float64) string, service float64, a aim) {
	t.rows = append(t.rows, []string{what, format(service), "", "", a.judge(service)})
}

// answers notes how long the dashboard's questions take.
func (t *table) answers(question string, took durations) {
	t.note(fmt.Sprintf("... %s, p99 (p50 %.2f ms)", question, took.quantile(.5)), milliseconds, took.quantile(.99), atMost(20))
}

// print writes the table in Markdown, aligned for the eye as well.
func (t *table) print(to io.Writer) {
	fmt.Fprintf(to, "%s, %d cores of %s, %s, %s/%s\n\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), processor(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH)
	if len(t.rows) > headings {
		align(to, t.rows)
	}
}

// headings are the rows of a table before anything is noted.
const headings = 2

// align writes rows of Markdown.
func align(to io.Writer, rows [][]string) {
	w := tabwriter.NewWriter(to, 0, 0, 1, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(w, "| %s\t|\n", strings.Join(r, "\t| "))
	}
	_ = w.Flush() // to the terminal
}

// sheet is a table with columns of its own.
type sheet struct{ rows [][]string }

func newSheet(columns ...string) sheet {
	return sheet{[][]string{columns, slices.Repeat([]string{"---"}, len(columns))}}
}

func (s *sheet) add(cells ...string) { s.rows = append(s.rows, cells) }

func (s *sheet) print(to io.Writer) {
	fmt.Fprintln(to)
	align(to, s.rows)
}

func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	_, rest, _ := strings.Cut(string(data), "model name")
	name, _, _ := strings.Cut(strings.TrimLeft(rest, "\t: "), "\n")
	return name
}

// The forms of figures.
func milliseconds(v float64) string { return fmt.Sprintf("%.2f ms", v) }
func microseconds(v float64) string { return fmt.Sprintf("%.0f µs", v) }
func perSecond(v float64) string    { return fmt.Sprintf("%.0f/s", v) }
func kibibytes(v float64) string    { return fmt.Sprintf("%.0f KiB", v) }
func mebibytes(v float64) string    { return fmt.Sprintf("%.0f MiB", v) }
func bytesOf(v float64) string      { return fmt.Sprintf("%.0f bytes", v) }
func seconds(v float64) string      { return fmt.Sprintf("%.2f s", v) }

// durations are a sample.
type durations []time.Duration

// quantile is in milliseconds.
func (d durations) quantile(q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return float64(sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Microseconds()) / 1000
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
