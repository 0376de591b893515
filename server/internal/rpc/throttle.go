package rpc

import (
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// tooFast says that somebody calls too often.
func tooFast(after time.Duration) *fault.Error {
	e := fault.Newf(fault.TooManyRequests, "too many calls in a short time: try again in %v", after.Round(time.Millisecond)).
		With("retry_after_ms", strconv.FormatInt(after.Milliseconds()+1, 10))
	e.RetryAfter = after
	return e
}

// throttle bounds how often each of many may call. One without a rate bounds nothing.
type throttle struct {
	perSecond float64
	burst     int
	now       func() time.Time

	mu     sync.Mutex
	each   map[string]*rate.Limiter
	forgot time.Time // when those that may call as often as somebody new were looked for last
}

// maxThrottled bounds those that are told apart. Beyond that those that may call as often as somebody new are forgotten, and if
// there are none, all others share what one may do: whoever comes from everywhere is not remembered without end.
const (
	maxThrottled = 4096
	theOthers    = "\x00"
)

func newThrottle(perSecond float64, burst int, now func() time.Time) *throttle {
	return &throttle{perSecond: perSecond, burst: burst, now: now, each: map[string]*rate.Limiter{}}
}

// take counts a call; fault.TooManyRequests.
func (t *throttle) take(who string) error { return t.ask(who, 1) }

// mayTake asks whether a call would be taken, and counts none; fault.TooManyRequests.
func (t *throttle) mayTake(who string) error { return t.ask(who, 0) }

// takeMany counts several calls, as many as one may make at once at most; fault.TooManyRequests.
func (t *throttle) takeMany(who string, n int) error { return t.ask(who, min(n, t.burst)) }

func (t *throttle) ask(who string, n int) error {
	if t.perSecond == 0 {
		return nil
	}
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	limiter := t.of(who, now)
	missing := float64(max(n, 1)) - limiter.TokensAt(now)
	if missing > 0 {
		return tooFast(time.Duration(missing / t.perSecond * float64(time.Second)))
	}
	limiter.AllowN(now, n)
	return nil
}

// of finds the bound of somebody.
func (t *throttle) of(who string, now time.Time) *rate.Limiter {
	limiter, ok := t.each[who]
	if ok {
		return limiter
	}
	if len(t.each) >= maxThrottled {
		t.forget(now)
	}
	if len(t.each) >= maxThrottled {
		who = theOthers
		if limiter, ok = t.each[who]; ok {
			return limiter
		}
	}
	limiter = rate.NewLimiter(rate.Limit(t.perSecond), t.burst)
	t.each[who] = limiter
	return limiter
}

// forget drops those that may call as often as somebody new. It looks at everybody, and so no more often than somebody
// becomes one of them: calls from ever new addresses cost no more than others.
func (t *throttle) forget(now time.Time) {
	if now.Sub(t.forgot) < time.Duration(float64(t.burst)/t.perSecond*float64(time.Second)) {
		return
	}
	t.forgot = now
	for who, limiter := range t.each {
		if limiter.TokensAt(now) >= float64(t.burst) {
			delete(t.each, who)
		}
	}
}
