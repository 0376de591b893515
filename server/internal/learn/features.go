// Package learn learns from the runs of one workflow on one worker how long the next will take, and what bound 95 of 100 stay
// below. It has no clock, reads and writes nothing, and knows neither workflows nor workers: whoever observes runs says what they
// were like. docs/estimates.md tells the model.
package learn

// Features hold the values that the length of a run may depend on. The zero value of a number means that the workflow has no such value;
// it counts as 1. Numbers that are negative, not finite or absurd count as 1, too.
type Features struct {
	// Steps are all steps of all samplers together, as they are run (start_at_step and end_at_step taken off).
	Steps float64
	// Pixels are width times height of one picture, in pixels, as it is sampled.
	Pixels float64
	// Frames of one video, or the length of a sound in any one unit.
	Frames float64
	// Batch is the number of pictures or videos made at a time.
	Batch float64
	// Choices may multiply the time of a step, by name of the input: sampler, scheduler, switches, and also a number
	// that matters only by being neutral or not (guidance: "1" or "more"). At most 6 of them are learned, by order of
	// their names; what never varies costs nothing.
	Choices map[string]string
	// Numbers are other numbers that may stretch a step by a power of themselves (a tile's size, a number of references). At
	// most 4 are learned, by order of their names. Prompts and seeds do not belong here.
	Numbers map[string]float64
	// Models name the files that lie in memory after the run, in any one spelling; a load is learned for each.
	Models string
}

// Start says what a run meets.
type Start struct {
	Cold     bool // its models are not in memory
	NewShape bool // its ComfyUI has not run this width, height, batch and frames since it started
}

// Run is a run that has ended well.
type Run struct {
	Features
	Start
	TookMS float64 // from the post of the graph to the known result
	Cached bool    // ComfyUI had all or most of it already: it teaches nothing
}

// Prediction tells how long a run will take.
type Prediction struct {
	MiddleMS float64 // half of such runs are done by then; 0: nothing is known at all
	BoundMS  float64 // 95 of 100 are; never below MiddleMS
	LoadMS   float64 // the part of MiddleMS in which models are loaded; 0 unless the start is cold
	Runs     int     // that were learned from, here: neither the benchmark nor another worker's
	Guess    bool    // values, choices or models are far outside what was seen, or nothing was seen
}
