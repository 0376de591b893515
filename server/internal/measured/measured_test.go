package measured_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, s measured.Store) *measured.Ledger {
	t.Helper()
	l := measured.New(s, "gpu", quiet)
	if err := l.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsKnownOutlivesARestart(t *testing.T) {
	ctx, s, now := t.Context(), memory.Open(memory.NewState()), time.UnixMilli(1_000_000)
	l := open(t, s)
	must(t, l.Measured(ctx, "fox", measured.Entry{ColdMS: 900, WarmMS: 300}, now))
	must(t, l.Measured(ctx, "black", measured.Entry{WarmMS: 10, Bad: "fox.png is black all over"}, now))
	again := open(t, s)
	if e := again.Of("fox"); e.ColdMS != 900 || e.WarmMS != 300 || e.At != 1_000_000 || e.Problem() != "" {
		t.Errorf("%+v", e)
	}
	if p := again.Of("black").Problem(); !strings.Contains(p, "black all over") {
		t.Errorf("%q", p)
	}
	if other := measured.New(s, "gpu2", quiet); other.Read(ctx) != nil || other.Of("fox").At != 0 {
		t.Error("another worker knows it too")
	}
	must(t, again.Accept(ctx, "black"))
	must(t, again.Measured(ctx, "black", measured.Entry{WarmMS: 11, Bad: "fox.png is black all over"}, now))
	if p := open(t, s).Of("black").Problem(); p != "" {
		t.Errorf("what was accepted is refused: %s", p)
	}
	must(t, again.Measured(ctx, "black", measured.Entry{Bad: "it wrote nothing"}, now))
	if again.Of("black").Problem() == "" {
		t.Error("what is bad in another way was not accepted")
	}
	_, err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.PutRecord(ctx, "worker/gpu/measured", []byte("{"))
	})
	must(t, err)
	if e := open(t, s).Of("fox"); e.At != 0 {
		t.Errorf("a damaged ledger: %+v", e)
	}
}

func TestTheLedgerIsBounded(t *testing.T) {
	s := memory.Open(memory.NewState())
	l := open(t, s)
	for i := range 2003 {
		must(t, l.Measured(t.Context(), fmt.Sprint(i), measured.Entry{WarmMS: 1}, time.UnixMilli(int64(i+1))))
	}
	if l.Of("2").At != 0 || l.Of("3").At == 0 || l.Of("2002").At == 0 {
		t.Error("another one than the oldest was forgotten")
	}
}

func TestWhatIsMeasuredNext(t *testing.T) {
	ctx, now := t.Context(), time.UnixMilli(100_000_000)
	first, second := measured.Candidate{ID: "first", Graph: "1", Wanted: 1}, measured.Candidate{ID: "second", Graph: "2", Wanted: 5}
	third := measured.Candidate{ID: "third", Graph: "3", Wanted: 5}
	paid := measured.Candidate{ID: "paid", Graph: "4", Wanted: 99, Never: "it costs money"}
	all := []measured.Candidate{first, second, third, paid}
	l := open(t, memory.Open(memory.NewState()))
	next := func(every time.Duration) string {
		c, _ := l.Next(now, every, all)
		return c.ID
	}
	all[1].Off = true
	if got := next(time.Hour); got != "third" {
		t.Errorf("the one that is wanted most is switched off: %q", got)
	}
	all[1].Off = false
	if got := next(time.Hour); got != "second" {
		t.Errorf("the one that is wanted most: %q", got)
	}
	if got := next(0); got != "" {
		t.Errorf("unasked: %q", got)
	}
	must(t, l.Measured(ctx, "2", measured.Entry{WarmMS: 1}, now))
	if got := next(time.Hour); got != "" {
		t.Errorf("at once after another: %q", got)
	}
	must(t, l.Ask(ctx, "2", now.Add(2)))
	must(t, l.Ask(ctx, "4", now))
	if got := next(0); got != "second" {
		t.Errorf("what was asked for: %q", got)
	}
	must(t, l.Ask(ctx, "1", now.Add(-time.Minute)))
	if got := next(time.Hour); got != "first" {
		t.Errorf("what was asked for first: %q", got)
	}
	must(t, l.Measured(ctx, "1", measured.Entry{WarmMS: 1}, now.Add(30*time.Minute)))
	must(t, l.Measured(ctx, "2", measured.Entry{WarmMS: 1}, now.Add(30*time.Minute)))
	if now = now.Add(time.Hour); next(time.Hour) != "third" { // what was asked for has not used the time of others
		t.Errorf("after an hour: %q", next(time.Hour))
	}
	for range 3 {
		must(t, l.Failed(ctx, "3", "out of memory", now))
		now = now.Add(2 * time.Hour)
	}
	if got := next(time.Hour); got != "" {
		t.Errorf("what fails again and again: %q", got)
	}
	if state, text := l.StateOf(third, time.Hour); state != measured.Unmeasured || text != "out of memory" {
		t.Errorf("%v %q", state, text)
	}
	if state, _ := l.StateOf(first, time.Hour); state != measured.Done {
		t.Errorf("%v", state)
	}
}

// However it goes, nothing is chosen that is never to be run, and unasked no more than one in the time.
func TestNoMoreThanOneInTheTime(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := open(t, memory.Open(memory.NewState()))
		ctx, now, every := context.Background(), time.UnixMilli(10_000_000), time.Hour
		var all []measured.Candidate
		for i := range rapid.IntRange(1, 6).Draw(r, "workflows") {
			c := measured.Candidate{ID: fmt.Sprint(i), Graph: fmt.Sprint(i), Wanted: rapid.IntRange(0, 3).Draw(r, "wanted")}
			if rapid.IntRange(0, 3).Draw(r, "kind") == 0 {
				c.Never = "it needs a file"
			}
			all = append(all, c)
		}
		last := time.Time{}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "minutes")) * time.Minute)
			if rapid.IntRange(0, 4).Draw(r, "ask") == 0 {
				must(t, l.Ask(ctx, rapid.SampledFrom(all).Draw(r, "which").Graph, now))
			}
			next, found := l.Next(now, every, all)
			if !found {
				continue
			}
			unasked := l.Of(next.Graph).Asked == 0
			if next.Never != "" || unasked && l.Of(next.Graph).At != 0 || unasked && now.Sub(last) < every {
				r.Fatalf("%+v after %v", next, now.Sub(last))
			}
			if unasked {
				last = now
			}
			if rapid.Bool().Draw(r, "fails") {
				must(t, l.Failed(ctx, next.Graph, "no", now))
			} else {
				must(t, l.Measured(ctx, next.Graph, measured.Entry{WarmMS: 1}, now))
			}
		}
	})
}
