package health

// Outcome tells the end of a boot step.
type Outcome string

// The outcomes.
const (
	Running Outcome = "running"
	Done    Outcome = "done"
	Skipped Outcome = "skipped"
	Failed  Outcome = "failed"
)

// Stage is a step of bringing a worker up, as BootStep names it.
type Stage string

// The stages, in their order.
const (
	Validate    Stage = "validate"
	Launch      Stage = "launch"
	WaitForPort Stage = "wait for port"
	Connect     Stage = "connect"
	WarmUp      Stage = "warm up"
	Benchmark   Stage = "benchmark"
	TakeJobs    Stage = "ready"
)

// BootStep is one step of bringing a worker up.
type BootStep struct {
	Name      string
	Outcome   Outcome
	ElapsedMS int64
	Detail    string // for administrators: it may name paths, processes and addresses, and quote other programs
	Plain     string // the same for everybody
}
