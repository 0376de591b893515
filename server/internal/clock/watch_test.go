package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
)

func TestJump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w clock.Watch
		var skew time.Duration
		look := func() time.Duration { return w.Jump(time.Now().Add(skew)) }
		if got := look(); got != 0 {
			t.Errorf("the first look sees a jump of %v", got)
		}
		time.Sleep(time.Hour)
		if got := look(); got != 0 {
			t.Errorf("an hour that went by is a jump of %v", got)
		}
		for _, set := range []time.Duration{10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour, 3 * time.Second, -3 * time.Second} {
			time.Sleep(time.Second)
			skew += set
			if got := look(); got != set {
				t.Errorf("set by %v, saw %v", set, got)
			}
			if got := look(); got != 0 {
				t.Errorf("one jump is seen twice: %v", got)
			}
		}
		for range 1000 { // a clock that runs wrong is no clock that is set
			time.Sleep(time.Second)
			skew += 500 * time.Microsecond
			if got := look(); got != 0 {
				t.Fatalf("slewing is a jump of %v", got)
			}
		}
	})
}
