// Package failpoint names the places in the service where a fault hurts most, so that the torture can strike there and not
// only at random moments. A build with the tag "torture" reads from a file what is to happen at them; in every other build
// the functions are empty and cost nothing.
package failpoint

// Point is a place in the service.
type Point string

// The points.
const (
	BeforeCommit Point = "store/before-commit" // everything is written but the commit
	Committed    Point = "store/committed"     // it is on disk, and nobody has been told
	Claimed      Point = "dispatch/claimed"    // the job is processing, and nothing has reached ComfyUI
	Posted       Point = "worker/posted"       // ComfyUI has the graph, and nobody has noted it
	Unwritten    Point = "dispatch/unwritten"  // an outcome could not be written, before the next try
)

// Env names the file of what is to happen. Each of its lines is
//
//	POINT ACTION SKIP TIMES
//
// where ACTION is "exit" (die at once, as of kill -9), "error", or a duration to sleep, which happens TIMES times after a
// process has come to the point SKIP times.
const Env = "COMFYSCHEDULER_FAILPOINTS"
