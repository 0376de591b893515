package trial_test

import (
	"math/rand/v2"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn/trial"
)

// held tells figures that lie outside of their bounds. Numbers are drawn from seeds, so nothing here is left to chance.
func held(t *testing.T, what string, f *trial.Figures, p50, p90, beyond, cold, slot, outlast float64) {
	t.Helper()
	share, runs := f.Outlast()
	for _, c := range []struct {
		name      string
		got, most float64
	}{
		{"error after ten runs, p50", trial.Quantile(f.Errors[10], .5), p50},
		{"error after ten runs, p90", trial.Quantile(f.Errors[10], .9), p90},
		{"error beyond what was seen, p90", trial.Quantile(f.Beyond, .9), beyond},
		{"error of cold starts, p90", trial.Quantile(f.Cold, .9), cold},
		{"slot beside the time, p50", trial.Quantile(f.Slots, .5), slot},
		{"share that outlasts its slot", share, outlast},
	} {
		t.Logf("%s: %s %.3f", what, c.name, c.got)
		if c.got > c.most {
			t.Errorf("%s: %s is %.3f, more than %.3f", what, c.name, c.got, c.most)
		}
	}
	if share < .03 {
		t.Errorf("%s: only %.3f of %d runs outlast their slots", what, share, runs)
	}
}

func TestAimsHoldByTheLawsThatComeAlong(t *testing.T) {
	var quiet, benchmark, lastFive trial.Figures
	for _, l := range shipped(t) {
		if l.Noise.Spread > .03 {
			continue
		}
		r := trial.Play(&l, 400, 1)
		quiet.Add(&r.Learned)
		benchmark.Add(&r.Benchmark)
		lastFive.Add(&r.LastFive)
	}
	held(t, "shipped", &quiet, .02, .05, .15, .15, 1.15, .07)
	if p50, p90 := trial.Quantile(quiet.After, .5), trial.Quantile(quiet.After, .9); p50 > .02 || p90 > .05 {
		t.Errorf("five runs after a change the errors are %.3f and %.3f", p50, p90)
	}
	mine := trial.Quantile(quiet.Errors[10], .9)
	for name, f := range map[string]*trial.Figures{"one benchmark": &benchmark, "the last five": &lastFive} {
		if theirs := trial.Quantile(f.Errors[10], .9); theirs < 5*mine {
			t.Errorf("%s: nine of ten errors are below %.3f, here below %.3f", name, theirs, mine)
		}
	}
}

// Laws that nobody wrote, most of them harder than those of any one workflow: up to four choices that matter, loads of several
// times a run, compiles. At noise of 2 % the aims for the typical error, cold starts, slots and what outlasts them hold there, too;
// the other bounds say where it stands.
func TestLawsThatAreMadeUp(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds; the laws that come along are tried in any case")
	}
	for _, c := range []struct {
		spread, p50, p90, beyond, cold, slot, outlast float64
	}{
		{.02, .02, .18, .32, .15, 1.15, .06},
		{.1, .1, .42, .55, .35, 1.4, .08},
	} {
		var all trial.Figures
		for i := range 40 {
			l := trial.Random(rand.New(rand.NewPCG(uint64(i), 99)), c.spread)
			r := trial.Play(&l, 40, uint64(i))
			all.Add(&r.Learned)
		}
		held(t, "made up", &all, c.p50, c.p90, c.beyond, c.cold, c.slot, c.outlast)
	}
}
