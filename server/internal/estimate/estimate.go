// Package estimate says how long generations will take, and from that how long their slots are and how long a run may be
// silent.
package estimate

import "github.com/comfyscheduler/comfyscheduler/server/internal/workflow"

// Estimator estimates generations. It is safe for concurrent use and answers at once.
type Estimator interface {
	// Estimate says how long a generation with these inputs will take on a worker, and how long a slot for it is; false
	// when nothing is known yet. inputs may be incomplete: whoever lists free slots may not know them.
	Estimate(worker, workflow string, inputs workflow.Values) (Length, bool)
}

// ForMany is an Estimator that is asked for the same on many workers.
type ForMany interface {
	Estimator
	// All gives what Estimate says of a workflow with some inputs on each of some workers, in their order, each with the workflow as it
	// offers it. Nobody may change what it is given and what it returns: others may get the same answers.
	All(workflow string, inputs workflow.Values, there []workflow.There) []Answer
}

// Answer is a length, where anything is known.
type Answer struct {
	Length
	Known bool
}

// Length gives the time that a generation takes, in milliseconds.
type Length struct {
	Expected int64 // from the post of the graph to the known result, the models being loaded
	Slot     int64 // to be booked for it
	Basis    Basis

	// What is added to each where the models are not loaded.
	Load     int64
	LoadSlot int64
	// Models names what lies in memory after the run: where the run before has the same name nothing is loaded. Empty: not known,
	// which is never a reason to add a load.
	Models string
}

// Basis is the kind of knowledge that an estimate rests on.
type Basis string

// The bases.
const (
	Guess    Basis = "guess"    // nothing of the kind was run there
	Measured Basis = "measured" // one run that was made to measure it
	Learned  Basis = "learned"  // the runs of jobs
)

// Estimate sums up the knowledge of a workflow on a worker, in milliseconds.
type Estimate struct {
	Workflow       string
	BenchmarkMS    int64 // measured; 0: it was not
	ExpectedMS     int64 // of a generation with the values of the defaults
	SlotDurationMS int64 // of a booking with them
	Basis          Basis
}
