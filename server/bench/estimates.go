package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn/trial"
)

//go:embed laws/*.json
var shipped embed.FS

// quiet laws have no more noise than this; the aims for errors and slots hold for them.
const quietSpread = .03

// measureEstimates plays runs by laws that the estimator does not know, in no time, and holds what it says of them against the
// aims, beside what a user would have instead.
func measureEstimates(_ context.Context, r *run) error {
	folder, err := fs.Sub(shipped, "laws")
	if err != nil {
		return err
	}
	if r.laws != "" {
		folder = os.DirFS(r.laws)
	}
	laws, err := trial.ReadLaws(folder)
	if err != nil {
		return fmt.Errorf("laws: %w", err)
	}
	results := make([]trial.Results, len(laws))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range laws {
		group.Go(func() error {
			results[i] = trial.Play(&laws[i], r.runs, 1)
			return nil
		})
	}
	_ = group.Wait() // none fails
	r.sheets = append(r.sheets, summary(laws, results), lawByLaw(laws, results))
	return nil
}

// summary pools the laws, and holds the pool against the aims.
func summary(laws []trial.Law, results []trial.Results) sheet {
	var quiet, loud trial.Results
	for i := range laws {
		pool := &quiet
		if laws[i].Noise.Spread > quietSpread {
			pool = &loud
		}
		pool.Learned.Add(&results[i].Learned)
		pool.Benchmark.Add(&results[i].Benchmark)
		pool.LastFive.Add(&results[i].LastFive)
	}
	t := newSheet("estimates", "learned", "one benchmark", "last five equal runs", "aim of the learned")
	row := func(what string, of trial.Results, figure func(*trial.Figures) float64, a aim) {
		told := figure(&of.Learned)
		t.add(what, percent(told), percent(figure(&of.Benchmark)), percent(figure(&of.LastFive)), a.judge(100*told))
	}
	for _, n := range trial.Learning {
		p50, p90 := reported, reported
		if n == 10 {
			p50, p90 = atMost(2), atMost(5)
		}
		row(fmt.Sprintf("error of the middle after %d runs, noise to 3 %%, p50", n), quiet, errorAfter(n, .5), p50)
		row("... p90", quiet, errorAfter(n, .9), p90)
	}
	row("... values up to 4 times beyond, after 10 runs, p90", quiet, beyond(.9), atMost(15))
	row("... cold starts, after 10 runs, p90", quiet, cold(.9), atMost(15))
	row("... five runs after a change, p50", quiet, after(.5), atMost(2))
	row("... p90", quiet, after(.9), atMost(5))
	for _, pool := range []struct {
		name string
		of   trial.Results
	}{{"noise to 3 %", quiet}, {"noise beyond", loud}} {
		if share, runs := pool.of.Learned.Outlast(); runs > 0 {
			row(fmt.Sprintf("slots outlasted, %d runs, %s", runs, pool.name), pool.of, outlasted, between(share))
		}
	}
	row("slot as a part of the time without noise, from the tenth run, noise to 3 %, p50", quiet, slot, atMost(115))
	return t
}

func errorAfter(n int, q float64) func(*trial.Figures) float64 {
	return func(f *trial.Figures) float64 { return trial.Quantile(f.Errors[n], q) }
}

func beyond(q float64) func(*trial.Figures) float64 {
	return func(f *trial.Figures) float64 { return trial.Quantile(f.Beyond, q) }
}

func cold(q float64) func(*trial.Figures) float64 {
	return func(f *trial.Figures) float64 { return trial.Quantile(f.Cold, q) }
}

func after(q float64) func(*trial.Figures) float64 {
	return func(f *trial.Figures) float64 { return trial.Quantile(f.After, q) }
}

func outlasted(f *trial.Figures) float64 {
	share, _ := f.Outlast()
	return share
}

func slot(f *trial.Figures) float64 { return trial.Quantile(f.Slots, .5) }

// between is the aim for shares that are neither to be large nor small.
func between(share float64) aim {
	if share < .03 {
		return aim{limit: 3, least: true, text: "3 to 7"}
	}
	return aim{limit: 7, text: "3 to 7"}
}

// lawByLaw tells the figures of the learned, each with p50 and p90.
func lawByLaw(laws []trial.Law, results []trial.Results) sheet {
	t := newSheet("law", "1 run", "3", "10", "30", "beyond", "cold", "outlasted", "slot", "after a change")
	for i := range laws {
		f := &results[i].Learned
		share, _ := f.Outlast()
		t.add(laws[i].Name, pair(f.Errors[1]), pair(f.Errors[3]), pair(f.Errors[10]), pair(f.Errors[30]), pair(f.Beyond),
			pair(f.Cold), percent(share), pair(f.Slots), pair(f.After))
	}
	return t
}

func pair(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f / %.1f %%", 100*trial.Quantile(values, .5), 100*trial.Quantile(values, .9))
}

func percent(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }
