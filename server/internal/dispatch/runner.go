package dispatch

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Runner runs jobs on one ComfyUI.
type Runner interface {
	// Ready reports whether a job could start at once, or why not, for people.
	Ready(ctx context.Context) (ready bool, reason string)
	// Trouble says why nothing gets on at present, a running job neither, for people; empty when nothing is known to be wrong.
	Trouble() string
	// Changed returns a channel that is closed when Ready may say something new.
	Changed() <-chan struct{}
	// Clear is told that a slot is near: what the service runs on ComfyUI by itself makes way. It does not wait.
	Clear()
	// Prepare is told of the job that starts in a moment. It does not wait.
	Prepare(ctx context.Context, j job.Job)
	// HasFiles reports whether the files that the job takes are where ComfyUI finds them. Those that are not are sent; it does not wait.
	HasFiles(ctx context.Context, j job.Job) bool
	// Run makes the job ready, waits with begins until its slot has begun, hands it to ComfyUI, and follows it until its outcome
	// is known or ctx ends. When begins says that the slot will not begin nothing is handed over, and the outcome is NotStarted.
	// posted is called at the moment the graph has been posted, and does not wait. What ComfyUI has not taken by the end of the slot is
	// withdrawn.
	Run(ctx context.Context, j job.Job, begins func() bool, posted func()) Outcome
	// Adopt finds a job that was handed over before, by a service that was killed for example, and follows it as Run does.
	Adopt(ctx context.Context, j job.Job) Outcome
	// Fate looks once what became of a job that was handed over: Unknown while it runs, and when it cannot be told.
	Fate(ctx context.Context, j job.Job) Outcome
	// Interrupt asks ComfyUI to let go of the job and of no other. It does not wait.
	Interrupt(j job.Job)
	// FreeMemory frees the memory of the GPU. It does not wait.
	FreeMemory(ctx context.Context)
}

// Verdict classes the end of a run.
type Verdict int

// The verdicts.
const (
	Unknown     Verdict = iota // nothing can be said: the job stays as it is, and is looked for again
	NotStarted                 // nothing reached ComfyUI
	Withdrawn                  // taken back through no fault of the job: it is booked again
	Completed                  // with Results
	Failed                     // with Failure
	Interrupted                // ComfyUI let go of it
	Lost                       // ComfyUI does not know it any more, and nothing shows that it went well
)

// Outcome tells the end of a run.
type Outcome struct {
	Verdict Verdict
	Results []job.Result
	Failure job.Failure
	Reason  string // of NotStarted, Withdrawn and Lost, for people; empty where the start is not late
}
