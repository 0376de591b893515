package rpc

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle(2, 3, time.Now)
		taken := func(who string) (n int) {
			for throttle.take(who) == nil {
				n++
			}
			return n
		}
		if n := taken("ann"); n != 3 {
			t.Errorf("%d at once", n)
		}
		if throttle.mayTake("ann") == nil || throttle.mayTake("bob") != nil {
			t.Error("asked about ann, who may not, and bob, who may")
		}
		if throttle.takeMany("bob", 2) != nil || throttle.takeMany("bob", 2) == nil || throttle.take("bob") != nil {
			t.Error("of bob's three calls two and one are to be taken")
		}
		if throttle.takeMany("cid", 50) != nil || throttle.take("cid") == nil {
			t.Error("more than there may be at once is all that there may be")
		}
		time.Sleep(500 * time.Millisecond)
		if n := taken("ann"); n != 1 {
			t.Errorf("%d after half a second", n)
		}
	})
}

// Whoever comes from ever new addresses is neither remembered without end nor let through without end.
func TestThrottleOfManyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := newThrottle(1, 2, time.Now)
		taken := 0
		for i := range 10 * maxThrottled {
			if throttle.take(fmt.Sprint(i)) == nil {
				taken++
			}
		}
		if len(throttle.each) > maxThrottled+1 || taken > maxThrottled+2 {
			t.Errorf("%d remembered, %d taken", len(throttle.each), taken)
		}
		time.Sleep(time.Hour)
		if err := throttle.take("new"); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}
