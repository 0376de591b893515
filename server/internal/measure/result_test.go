package measure_test

import (
	"image/color"
	"strings"
	"testing"
	"time"
)

func TestABadResultIsKept(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		b.set(func() { b.picture = encodedPicture(b.t, color.Black) })
		time.Sleep(2 * time.Minute)
		hash := b.offers["fox"].GraphHash()
		b.set(func() {
			if got := b.ledger.Of(hash); !strings.Contains(got.Problem(), "black all over") || b.judged == 0 {
				t.Errorf("%+v, judged %d times", got, b.judged)
			}
		})
		if got := b.runs(); got != "fox" {
			t.Errorf("ran %s", got)
		}
		if len(b.Get().Estimates) > 0 {
			t.Error("slots go by a run that left nothing")
		}
		b.set(func() { b.picture = encodedPicture(b.t, color.White) })
		if err := b.ledger.Ask(b.t.Context(), hash, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if got := b.ledger.Of(hash); got.Problem() != "" || got.WarmMS == 0 {
			t.Errorf("after it was asked for: %+v", got)
		}
	})
}

// The case saved_but_not_listed.
func TestWhatARunLeavesWithoutListingItIsFound(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		hash := b.offers["fox"].GraphHash()
		b.set(func() { b.silent, b.left = true, "_00001_.png" })
		time.Sleep(2 * time.Minute)
		if got := b.ledger.Of(hash); got.At == 0 || got.Problem() != "" {
			t.Errorf("with a file: %+v", got)
		}
		b.set(func() { b.left = "" })
		if err := b.ledger.Ask(b.t.Context(), hash, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if got := b.ledger.Of(hash); !strings.Contains(got.Problem(), "it wrote nothing: node 2 (SaveImage) kept nothing") {
			t.Errorf("without: %+v", got)
		}
	})
}

func TestAComfyUIIsTriedWithWhatWentWell(t *testing.T) {
	play(t, []string{"fox", "paid"}, func(b *bench) {
		b.set(func() { b.never["paid"] = "it costs money" })
		if err := b.Check(b.t.Context(), time.Minute); err != nil || b.runs() != "" {
			t.Errorf("with nothing: %v, ran %s", err, b.runs())
		}
		time.Sleep(2 * time.Minute)
		if err := b.Check(b.t.Context(), time.Minute); err != nil || b.runs() != "fox fox fox" {
			t.Errorf("%v, ran %s", err, b.runs())
		}
	})
}

func TestAMeasurementThatDoesNotEnd(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		b.set(func() { b.takes = 5 * time.Hour })
		time.Sleep(70 * time.Minute)
		e := b.ledger.Of(b.offers["fox"].GraphHash())
		if e.Tries != 1 || !strings.Contains(e.Failed, "it had not ended after 1h") || b.runs() != "fox!" {
			t.Errorf("%+v, ran %s", e, b.runs())
		}
	})
}
