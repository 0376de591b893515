package torture_test

import (
	"math"
	"time"
)

// skew lists the settings of the service's clock. None is a clock that was always right.
type skew []setting

// setting is an offset of the clock and the true moments from which it can hold and from which it surely does, all in
// milliseconds.
type setting struct {
	Since int64 `json:"since"`
	By    int64 `json:"by"`
	Off   int64 `json:"off"`
}

// heard bounds the time until the service goes by a clock that was set, in milliseconds.
const heard = 50

// until returns the latest moment at which a setting can have held.
func (s skew) until(i int) int64 {
	if i+1 < len(s) {
		return s[i+1].By + heard
	}
	return math.MaxInt64
}

// latest is the latest moment that the service's clock can have shown in a stretch of true time.
func (s skew) latest(from, to int64) int64 {
	latest := to
	for i, set := range s {
		if until := min(to, s.until(i)); until >= from && set.Since <= to {
			latest = max(latest, until+set.Off)
		}
	}
	return latest
}

// when is the latest true moment at which the service's clock can have shown what it said.
func (s skew) when(said int64) int64 {
	latest, found := int64(0), false
	for i, set := range s {
		if at := said - set.Off; at >= set.Since && at <= min(s.until(i), time.Now().UnixMilli()) {
			latest, found = max(latest, at), true
		}
	}
	if !found { // nobody set the clock
		return said
	}
	return latest
}

// setClock sets the service's clock, and notes from when on it is off.
func (h *history) setClock(off time.Duration, set func() error) {
	since := time.Now().UnixMilli()
	if err := set(); err != nil {
		h.violation(err.Error())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.skew = append(h.skew, setting{since, time.Now().UnixMilli(), off.Milliseconds()})
	h.note("clock set", 0, off.String())
}
