package clock

import "time"

// tolerance is the distance by which the clocks may drift apart between two looks: more than a clock that is slewed into step does.
const tolerance = 2 * time.Second

// Watch notices when the wall clock is set, by comparing it with the time that really went by. The zero value is ready. It
// is not safe for concurrent use.
type Watch struct {
	wall, real time.Time // at the latest look
}

// Jump reports by how much the wall clock was set since the look before; 0 when it was not. now is the wall clock. A
// machine that slept looks like a clock that was set forward.
func (w *Watch) Jump(now time.Time) time.Duration {
	now = now.Round(0) // without its monotonic reading, which is not set with the clock
	real := time.Now()
	wall, before := w.wall, w.real
	w.wall, w.real = now, real
	if before.IsZero() {
		return 0
	}
	if jump := now.Sub(wall) - real.Sub(before); jump.Abs() > tolerance {
		return jump
	}
	return 0
}
