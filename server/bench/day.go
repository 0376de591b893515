package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/comfyscheduler/comfyscheduler/server/internal/day"
)

// measureDay plays the same day of bookings in four ways, on a clock of its own, and holds the starts against what was promised.
func measureDay(ctx context.Context, r *run) error {
	ways := []day.Day{{Learned: true, Sooner: true}, {Learned: true}, {Sooner: true}, {}}
	played := make([]day.Figures, len(ways))
	days := make([][]day.Figures, len(ways))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, way := range ways {
		days[i] = make([]day.Figures, r.days)
		for n := range r.days {
			group.Go(func() (err error) {
				d := way
				d.Bookings, d.Seed = r.bookings, uint64(n+1)
				days[i][n], err = playDay(ctx, d)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range ways {
		for n := range days[i] {
			played[i].Add(&days[i][n])
		}
	}
	r.sheets = append(r.sheets, daySheet(r, played))
	return nil
}

func daySheet(r *run, played []day.Figures) sheet {
	t := newSheet(fmt.Sprintf("days of %d mixed bookings on two GPUs: %d", r.bookings, r.days), "learned, sooner if free", "learned",
		"one benchmark, sooner if free", "one benchmark", "aim of the learned")
	row := func(what string, figure func(*day.Figures) string, aim string) {
		cells := []string{what}
		for i := range played {
			cells = append(cells, figure(&played[i]))
		}
		t.add(append(cells, aim)...)
	}
	kept := 100 * min(played[0].Kept(), played[1].Kept())
	row("starts on time, of slots not behind an overrun", func(f *day.Figures) string { return fmt.Sprintf("%.2f %%", 100*f.Kept()) },
		atLeast(99.9).judge(kept))
	row("... of all", func(f *day.Figures) string { return percent(share(f.OnTime, f.Starts)) }, "")
	row("slots behind an overrun", func(f *day.Figures) string { return fmt.Sprintf("%d of %d", f.Behind, f.Starts) }, "")
	row("slots outlasted", func(f *day.Figures) string {
		return fmt.Sprintf("%d of %d, %s", f.Outlasted, f.Ended, percent(share(f.Outlasted, f.Ended)))
	}, "")
	row("longest displacement", func(f *day.Figures) string { return fmt.Sprintf("%.1f s", float64(f.Longest)/1000) }, "")
	row("start later than promised, on average", func(f *day.Figures) string {
		return fmt.Sprintf("%.2f s", share(f.Delayed, int64(f.Starts))/1000)
	}, "")
	row("from booking to end, of those for the next free start, on average", func(f *day.Figures) string {
		return fmt.Sprintf("%.1f min", share(f.Waited, int64(f.Waits))/60_000)
	}, "")
	row("GPUs busy, from the first start to the last end", func(f *day.Figures) string { return percent(share(f.Busy, f.Open)) }, "")
	row("slots, as a part of what ran in them", func(f *day.Figures) string { return percent(share(f.Slots, f.Ran)) }, "")
	return t
}

func share[N int | int64](n, of N) float64 { return float64(n) / float64(max(1, of)) }

// playDay plays a day in a process of its own: only a test has a clock of its own.
func playDay(ctx context.Context, d day.Day) (f day.Figures, err error) {
	own, err := os.Executable()
	if err != nil {
		return f, err
	}
	what, err := json.Marshal(d)
	if err != nil {
		return f, err
	}
	answer, err := exec.CommandContext(ctx, own, "day", string(what)).Output()
	if err != nil {
		return f, fmt.Errorf("%w: %s", err, answer)
	}
	return f, json.NewDecoder(bytes.NewReader(answer)).Decode(&f)
}

// serveDay is that process: it prints the figures.
func serveDay(what string) error {
	var d day.Day
	if err := json.Unmarshal([]byte(what), &d); err != nil {
		return err
	}
	os.Args = os.Args[:1] // no options of tests
	play := func(t *testing.T) {
		if err := json.NewEncoder(os.Stdout).Encode(day.Play(t, d)); err != nil {
			t.Error(err)
		}
	}
	every := func(string, string) (bool, error) { return true, nil }
	testing.Main(every, []testing.InternalTest{{Name: "day", F: play}}, nil, nil)
	return nil // it ends the process
}
