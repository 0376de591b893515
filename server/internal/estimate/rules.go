package estimate

import "time"

// minMargin is the least that a margin adds to an expected length, in milliseconds.
const minMargin = 250

// Rules hold an operator's decisions about lengths.
type Rules struct {
	Margin        float64       // that a slot is longer than expected, as a part of that; 0: none
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

// Silence bounds the time for which a run of the expected length, in milliseconds, may give no sign of life.
func (r Rules) Silence(expected int64) time.Duration {
	return max(r.SilenceMin, time.Duration(r.SilenceFactor*float64(expected))*time.Millisecond)
}
