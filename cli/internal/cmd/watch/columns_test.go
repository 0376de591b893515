package watch

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRunsFillTheWidthAndShowEverySlotInView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := columns{
			StartMS:   rapid.Int64Range(0, 1_000_000).Draw(t, "start"),
			PerColumn: rapid.Int64Range(1, 5_000).Draw(t, "perColumn"),
			Width:     rapid.IntRange(1, 200).Draw(t, "width"),
		}
		// Slots as the server books them, none overlapping another, at least a column long each.
		var slots []stretch
		next := v.StartMS - rapid.Int64Range(0, 100_000).Draw(t, "before")
		for range rapid.IntRange(0, 20).Draw(t, "slots") {
			start := next + rapid.Int64Range(1, 20_000).Draw(t, "gap")
			end := start + v.PerColumn + rapid.Int64Range(0, 50_000).Draw(t, "length")
			slots = append(slots, stretch{StartMS: start, EndMS: end})
			next = end
		}
		width, seen := 0, map[int]bool{}
		last := -1
		for _, run := range v.Runs(slots) {
			width += run.Width
			if run.Slot < 0 {
				continue
			}
			if seen[run.Slot] || run.Slot <= last {
				t.Fatalf("slot %d appears out of order", run.Slot)
			}
			seen[run.Slot], last = true, run.Slot
		}
		if width != v.Width {
			t.Fatalf("the runs are %d wide, the view %d", width, v.Width)
		}
		for i, s := range slots {
			inside := v.Column(s.StartMS) >= 0 && v.Column(s.StartMS) < v.Width
			if inside && !seen[i] {
				t.Fatalf("slot %d (%v) is not shown in %v", i, s, v)
			}
		}
	})
}

func TestColumn(t *testing.T) {
	v := columns{StartMS: 1000, PerColumn: 300, Width: 10}
	for ms, want := range map[int64]int{1000: 0, 1299: 0, 1300: 1, 3999: 9, 4000: 10, 999: -1, 700: -1, 699: -2} {
		if got := v.Column(ms); got != want {
			t.Errorf("%d lies in column %d, want %d", ms, got, want)
		}
	}
}

func TestAxisMarksRoundTimes(t *testing.T) {
	start := time.Date(2026, 11, 23, 11, 58, 57, 0, time.UTC).UnixMilli()
	for _, c := range []struct {
		perColumn int64
		want      string
	}{
		{500, "      |11:59:00           |11:59:10           |11:59:20     "},
		{5_000, "|11:59      |12:00      |12:01      |12:02      |12:03      "},
		{60_000, " |12:00                        |12:30                       "},
	} {
		v := columns{StartMS: start, PerColumn: c.perColumn, Width: 60}
		if got := v.Axis(time.UTC); got != c.want {
			t.Errorf("%d ms a column:\n%q, want\n%q", c.perColumn, got, c.want)
		}
	}
}
