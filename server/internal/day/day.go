// Package day plays a day of bookings through the real booking, placement, dispatch and learning, on a clock of its own: hours pass in
// moments. Only ComfyUI is not there: laws that nobody else knows say how long runs take.
package day

import (
	"testing"
	"testing/synctest"
	"time"
)

// Day says what is played.
type Day struct {
	Bookings int
	Seed     uint64
	Sooner   bool // what is booked for the next free start may start sooner
	Learned  bool // slots are as long as runs have taught; else as long as one benchmark, and a margin of 10 %
}

// every separates bookings, on average: so two GPUs have work for most of the time.
const every = 36 * time.Second

// Play plays a day.
func Play(t *testing.T, d Day) (f Figures) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, d)
		h.bookAll(plan(d))
		h.finish()
		f = h.figures()
	})
	return f
}
