package measure_test

import (
	"image/color"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
)

func TestTheMostWantedIsMeasuredFirstAndOneInAnHour(t *testing.T) {
	play(t, []string{"first", "owl", "fox"}, func(b *bench) {
		b.set(func() { b.wanted["fox"] = 3 })
		time.Sleep(50 * time.Minute)
		if got := b.runs(); got != "fox fox" {
			t.Errorf("in the first hour: %s", got)
		}
		time.Sleep(time.Hour)
		if got := b.runs(); got != "fox fox first first" {
			t.Errorf("in the second: %s", got)
		}
		time.Sleep(3 * time.Hour)
		if got := b.runs(); got != "fox fox first first owl owl" {
			t.Errorf("in the end: %s", got)
		}
		e := b.ledger.Of(b.offers["fox"].GraphHash())
		length, _ := b.Learned.Estimate("fox", nil)
		if e.ColdMS < runTime.Milliseconds() || e.Bad != "" || length.Basis == estimate.Guess || length.Expected != e.WarmMS {
			t.Errorf("known: %+v, %+v", e, length)
		}
		again := measured.New(b.store, "gpu", slog.New(slog.DiscardHandler))
		if again.Read(b.t.Context()) != nil || again.Of(b.offers["fox"].GraphHash()) != e {
			t.Error("a restart forgets it")
		}
	})
}

func TestWhatAMeasurementEvictsIsCounted(t *testing.T) {
	play(t, []string{"fox", "owl"}, func(b *bench) {
		b.Loads(b.offers["owl"]) // a job
		time.Sleep(time.Minute)
		b.Loads(b.offers["fox"])
		time.Sleep(time.Hour)
		b.Unloaded()
		b.set(func() { b.picture = encodedPicture(b.t, color.Black) })
		if err := b.ledger.Ask(b.t.Context(), b.offers["fox"].GraphHash(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := b.ledger.Ask(b.t.Context(), b.offers["owl"].GraphHash(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		b.MakeWay()
		time.Sleep(5 * time.Second)
		var got string
		b.set(func() { got = strings.Join(b.done, ", ") })
		if got != "good 1, good 1, bad result 0, made way 1" {
			t.Errorf("measured: %s", got)
		}
	})
}

func TestWhatIsNeverMeasured(t *testing.T) {
	play(t, []string{"paid"}, func(b *bench) {
		b.set(func() { b.never["paid"] = "it costs money" })
		if err := b.ledger.Ask(b.t.Context(), b.offers["paid"].GraphHash(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour)
		if got := b.runs(); got != "" {
			t.Errorf("ran %s", got)
		}
	})
}

func TestMeasurementWaitsForFreeTime(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		b.set(func() { b.dueAt = time.Now().Add(2 * time.Minute) }) // a guess of one minute for each of three
		time.Sleep(90 * time.Second)
		if got := b.runs(); got != "" {
			t.Errorf("although a booking is due: %s", got)
		}
		b.set(func() { b.dueAt = time.Time{} })
		b.set(func() { b.others = 1 })
		time.Sleep(time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("although ComfyUI is at work for others: %s", got)
		}
		b.set(func() { b.others = 0 })
		b.Begin()
		time.Sleep(time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("although a job runs: %s", got)
		}
		b.End()
		b.Change(func(w *health.Worker) { w.Status = health.Restarting })
		time.Sleep(time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("although ComfyUI is not ready: %s", got)
		}
		b.Change(func(w *health.Worker) { w.Status = health.Ready })
		time.Sleep(time.Minute)
		if got := b.runs(); got != "fox fox" {
			t.Errorf("in free time: %s", got)
		}
	})
}

func TestAMeasurementMakesWayAtOnceAndIsTriedAgain(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		time.Sleep(8 * time.Second)
		if !b.Measuring() || b.Runs() != "fox" {
			t.Fatal("nothing is being measured")
		}
		asked := time.Now()
		b.Begin()
		<-b.MakeWay()
		if took := time.Since(asked); took > 3*time.Second || b.Measuring() {
			t.Errorf("it made way after %v", took)
		}
		if got := b.runs(); got != "fox!" {
			t.Errorf("ran %s", got)
		}
		if b.ledger.Of(b.offers["fox"].GraphHash()).Tries != 0 {
			t.Error("making way counts as a failure")
		}
		b.End()
		time.Sleep(15 * time.Second) // the quiet that is waited for has doubled
		if got := b.runs(); got != "fox!" {
			t.Errorf("soon after: %s", got)
		}
		time.Sleep(time.Minute)
		if got := b.runs(); got != "fox! fox fox" {
			t.Errorf("later: %s", got)
		}
	})
}

func TestAnEditOfAFormForgetsNothing(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		time.Sleep(2*time.Minute + time.Second) // between two looks at what there is to measure
		b.Edited("fox")
		length, _ := b.Learned.Estimate("fox", nil)
		if length.Basis == estimate.Guess || len(b.Get().Estimates) != 1 || b.runs() != "fox fox" {
			t.Errorf("after an edit of its form: %+v, ran %s", length, b.runs())
		}
	})
}

// One that has become what is never run is not run again after its edit either.
func TestAnEditThatCostsMoney(t *testing.T) {
	play(t, []string{"owl"}, func(b *bench) {
		b.set(func() { b.never["owl"] = "it costs money" })
		b.Doubt() // of the first, which is not there
		time.Sleep(5 * time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("ran %s", got)
		}
	})
}

// Whether ComfyUI works is tried with a workflow that went well before, and with nothing else.
