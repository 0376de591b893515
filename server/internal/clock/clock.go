// Package clock is the wall clock that the service goes by. A build with the tag "torture" can set it, as somebody sets the
// clock of a machine; in every other build it is time.Now. What must not move with the clock, such as how long something
// took, is asked of time.Now and time.Since.
package clock

// Env names the file that says how far the clock is off, as Go writes durations.
const Env = "COMFYSCHEDULER_CLOCK"
