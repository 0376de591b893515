package watch

import (
	"strings"
	"time"
)

// columns is the stretch of time that is shown.
type columns struct {
	// StartMS is the moment at the left edge, milliseconds since the Unix epoch.
	StartMS int64
	// PerColumn is the number of milliseconds that a column stands for, at least 1.
	PerColumn int64
	// Width is the number of columns.
	Width int
}

// stretch is a closed interval of time.
type stretch struct{ StartMS, EndMS int64 }

// block is neighbouring columns with the same content.
type block struct {
	// Slot is the index of the slot that fills the columns; -1 when they are free.
	Slot int
	// Width is the number of columns, at least 1.
	Width int
}

// Column gives the column of a moment, which may be outside of the view.
func (v columns) Column(ms int64) int {
	d := ms - v.StartMS
	if d < 0 {
		return int((d+1)/v.PerColumn) - 1 // rounded down, not towards zero
	}
	return int(d / v.PerColumn)
}

// Runs divides the columns among the slots. Where several lie in one column the last one given is seen; each slot in
// view that is not covered so fills at least one column.
func (v columns) Runs(slots []stretch) []block {
	cells := make([]int, v.Width)
	for i := range cells {
		cells[i] = -1
	}
	for i, s := range slots {
		for c := max(v.Column(s.StartMS), 0); c <= min(v.Column(s.EndMS), v.Width-1); c++ {
			cells[c] = i
		}
	}
	var runs []block
	for _, cell := range cells {
		if n := len(runs); n > 0 && runs[n-1].Slot == cell {
			runs[n-1].Width++
			continue
		}
		runs = append(runs, block{Slot: cell, Width: 1})
	}
	return runs
}

// steps are the distances between marks on the axis that people count in.
var steps = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// markGap is the least distance between marks in columns.
const markGap = 12

// Axis is the line of times above the lanes, in a zone.
func (v columns) Axis(zone *time.Location) string {
	step := v.step()
	layout := "15:04"
	switch {
	case step < time.Minute:
		layout = time.TimeOnly
	case step >= 24*time.Hour:
		layout = "Mon 02"
	}
	cells := []rune(strings.Repeat(" ", v.Width))
	for t := v.firstMark(step, zone); ; t = t.Add(step) {
		c := v.Column(t.UnixMilli())
		label := []rune("|" + t.Format(layout))
		if c+len(label) > v.Width {
			return string(cells)
		}
		copy(cells[c:], label)
	}
}

func (v columns) step() time.Duration {
	for _, s := range steps {
		if s.Milliseconds() >= markGap*v.PerColumn {
			return s
		}
	}
	days := markGap*v.PerColumn/(24*time.Hour).Milliseconds() + 1
	return time.Duration(days) * 24 * time.Hour
}

// firstMark is the first multiple of step since midnight that is in view.
func (v columns) firstMark(step time.Duration, zone *time.Location) time.Time {
	start := time.UnixMilli(v.StartMS).In(zone)
	midnight := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, zone)
	n := (start.Sub(midnight) + step - 1) / step
	return midnight.Add(n * step)
}
