// Package estimate holds how long generations take.
package estimate

// Estimate is how long a workflow takes on a worker, in milliseconds.
type Estimate struct {
	Workflow       string
	BenchmarkMS    int64 // measured
	SlotDurationMS int64 // of a booking
}
