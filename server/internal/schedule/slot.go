// Package schedule holds the rules of the timeline as pure values and functions: what a slot is, when two collide and
// where the next free one lies. It knows no clock, no store and no job; times and durations are milliseconds, times
// since the Unix epoch.
package schedule

// Slot is a closed interval [Start, End] of one worker's timeline. Both ends belong to it, so slots that touch collide.
type Slot struct {
	Start int64
	End   int64
}

// NewSlot is the slot that begins at start and lasts duration: it ends at start + duration.
func NewSlot(start, duration int64) Slot {
	return Slot{Start: start, End: start + duration}
}

// Overlaps reports whether the two have a moment in common.
func (s Slot) Overlaps(other Slot) bool {
	return s.Start <= other.End && s.End >= other.Start
}

// Contains reports whether the moment lies within the slot, its ends included.
func (s Slot) Contains(moment int64) bool {
	return s.Start <= moment && moment <= s.End
}

// room is the longest duration that fits between two neighbours without touching either, negative when none does.
func room(before, after Slot) int64 {
	return (after.Start - 1) - (before.End + 1)
}
