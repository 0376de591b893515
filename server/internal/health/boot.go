package health

// Outcome is how a boot step went.
type Outcome string

// The outcomes.
const (
	Running Outcome = "running"
	Done    Outcome = "done"
	Skipped Outcome = "skipped"
	Failed  Outcome = "failed"
)

// BootStep is one step of bringing a worker up.
type BootStep struct {
	Name      string
	Outcome   Outcome
	ElapsedMS int64
	Detail    string // for people
}
