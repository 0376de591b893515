package rpc

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// tooFastError says that somebody calls too often.
type tooFastError struct{ after time.Duration }

func (e *tooFastError) Error() string {
	return fmt.Sprintf("too many calls in a short time: try again in %v", e.after.Round(time.Millisecond))
}

// throttle bounds how often each of many may call. One without a rate bounds nothing.
type throttle struct {
	perSecond float64
	burst     int
	now       func() time.Time

	mu   sync.Mutex
	each map[string]*rate.Limiter
}

// maxThrottled is how many are remembered before those that have not called for a while are forgotten.
const maxThrottled = 4096

func newThrottle(perSecond float64, burst int, now func() time.Time) *throttle {
	return &throttle{perSecond: perSecond, burst: burst, now: now, each: map[string]*rate.Limiter{}}
}

// take counts a call; *tooFastError.
func (t *throttle) take(who string) error {
	if t.perSecond == 0 {
		return nil
	}
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	limiter, ok := t.each[who]
	if !ok {
		if len(t.each) >= maxThrottled {
			t.forget(now)
		}
		limiter = rate.NewLimiter(rate.Limit(t.perSecond), t.burst)
		t.each[who] = limiter
	}
	if limiter.AllowN(now, 1) {
		return nil
	}
	missing := 1 - limiter.TokensAt(now)
	return &tooFastError{time.Duration(missing / t.perSecond * float64(time.Second))}
}

// forget drops those that may call as often as somebody new.
func (t *throttle) forget(now time.Time) {
	for who, limiter := range t.each {
		if limiter.TokensAt(now) >= float64(t.burst) {
			delete(t.each, who)
		}
	}
}
