package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// table gathers what was measured.
type table struct {
	rows [][4]string
}

// add notes a figure beside its limit; an empty limit stands for none.
func (t *table) add(what, figure, limit, ratio string) {
	t.rows = append(t.rows, [4]string{what, figure, limit, ratio})
}

func (t *table) print(to io.Writer) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tservice\tbare limit\tratio")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r[0], r[1], r[2], r[3])
	}
	_ = w.Flush() // to the terminal
}

// durations are a sample.
type durations []time.Duration

func (d durations) quantile(q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func (d durations) String() string {
	return fmt.Sprintf("p50 %s, p99 %s", short(d.quantile(.5)), short(d.quantile(.99)))
}

func short(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

func ratio(a, b float64) string {
	if b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}
