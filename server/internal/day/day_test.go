package day_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/day"
)

// Nothing starts later than promised but behind a run that outlasts its slot, and few do; what may start sooner waits less for it. bench
// has the figures of a whole day.
func TestDay(t *testing.T) {
	play := func(sooner bool) day.Figures {
		f := day.Play(t, day.Day{Bookings: 120, Seed: 3, Sooner: sooner, Learned: true})
		for _, late := range f.Late {
			t.Errorf("nothing explains that a start was %d ms late: %+v", late.By, late.Job)
		}
		if f.Starts < 100 || f.Outlasted*100 > f.Ended*10 {
			t.Errorf("%d of %d runs have outlasted their slots", f.Outlasted, f.Ended)
		}
		return f
	}
	sooner, fixed := play(true), play(false)
	if sooner.Waited/int64(sooner.Waits) >= fixed.Waited/int64(fixed.Waits) {
		t.Errorf("sooner if free: %+v, else %+v", sooner, fixed)
	}
}
