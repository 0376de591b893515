package estimate

import "time"

// minMargin is the least that a margin adds to an expected length, in milliseconds.
const minMargin = 250

// Rules hold an operator's decisions about lengths.
type Rules struct {
	Margin        float64       // that a slot is longer than expected, as a part of that; 0: none
	Explicit      bool          // somebody has set the margin: it holds whatever was learned
	SilenceFactor float64       // of the expected length
	SilenceMin    time.Duration // at least
}

// Slot gives the length of a slot for a generation of the expected length, both in milliseconds.
func (r Rules) Slot(expected int64) int64 {
	if r.Margin == 0 {
		return expected
	}
	return expected + max(minMargin, int64(float64(expected)*r.Margin))
}

// Bound gives the length of a slot for a generation of the expected length that mostly stays below a bound, all in milliseconds. Where
// nobody has set a margin, it makes up for what is not known yet: when certain says that enough is, the bound is all.
func (r Rules) Bound(expected, bound int64, certain bool) int64 {
	bound = max(1, expected, bound)
	switch {
	case r.Explicit:
		return bound + r.Slot(expected) - expected
	case certain:
		return bound
	}
	return max(bound, r.Slot(expected))
}

// Silence bounds the time for which a run of the expected length, in milliseconds, may give no sign of life.
func (r Rules) Silence(expected int64) time.Duration {
	return max(r.SilenceMin, time.Duration(r.SilenceFactor*float64(expected))*time.Millisecond)
}
