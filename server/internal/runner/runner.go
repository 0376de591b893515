// Package runner runs single jobs on one ComfyUI: it posts the graph, follows the run, and judges how it ended by what ComfyUI
// knows and by the files that the run has left. When a job runs is for others to say.
package runner

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Engine is the process of the ComfyUI, as far as a run has to do with it.
type Engine interface {
	// Trouble returns the reason why no job can run, for people; empty when nothing is known to be wrong.
	Trouble() string
	// Changed is closed when Trouble may say something new.
	Changed() <-chan struct{}
	// Up is closed when ComfyUI could be talked to for the first time.
	Up() <-chan struct{}
	// Bind is a context that ends with ctx, or when the present process is gone; its cause says why.
	Bind(ctx context.Context) (context.Context, context.CancelFunc)
	// Lose ends the present process, which is started again; false when it is not the service's to end.
	Lose(reason error) bool
	// Sick is told that ComfyUI fails every prompt, and reports whether it is started again for that.
	Sick(reason error) bool
	// Working is told that a prompt runs just now.
	Working()
	// Stalled reports whether ComfyUI takes prompts and runs none.
	Stalled() bool
}

// Meter measures on the same ComfyUI when no job is in the way.
type Meter interface {
	// Begin and End surround a job: no measurement begins meanwhile.
	Begin()
	End()
	// MakeWay ends a measurement and does not wait; the channel is closed when it has ended, and nil when there is none.
	MakeWay() <-chan struct{}
	// Loads is told that ComfyUI runs a workflow, Unloaded that it has no models loaded.
	Loads(o workflow.Offer)
	Unloaded()
	// Measuring reports whether one is under way. The engine's Changed is closed when it ends.
	Measuring() bool
	// Check runs a generation of the service's own, for limit at most.
	Check(ctx context.Context, limit time.Duration) error
	// Distrust is told that ComfyUI fails every prompt: jobs are to run again only after a generation that went well.
	Distrust()
}

// Library has the versions of workflows.
type Library interface {
	// Version returns the version that a job was booked with, by its hash.
	Version(ctx context.Context, hash string) (*workflow.Version, error)
	// On returns a version as this ComfyUI has it.
	On(v *workflow.Version) workflow.Offer
}

// Jobs reads jobs.
type Jobs interface {
	Job(ctx context.Context, id string) (job.Job, error)
}

// Files puts the files that jobs take where ComfyUI finds them.
type Files interface {
	Has(ctx context.Context, j job.Job) bool
	// Begin sends them and does not wait.
	Begin(ctx context.Context, j job.Job)
	// Finish waits for them and returns the job's values with the names that they have for ComfyUI; *handover.Error.
	Finish(ctx context.Context, j job.Job) (workflow.Values, error)
}

// Config holds the ComfyUI of a runner and the parts that it asks and tells.
type Config struct {
	Worker  string // id
	Client  *comfy.Client
	Engine  Engine
	Meter   Meter
	Library Library
	Jobs    Jobs
	Files   Files
	Learned *learned.Lane // is told how runs went
	// OutputDir is the folder that ComfyUI writes to; empty when the service cannot read it.
	OutputDir string
	// Links are the folders that links in it may lead to.
	Links []string
	// NameOf returns the name of a result that ComfyUI has given a name of its own; nil: that one.
	NameOf func(own string) string
	// OwnName is the other way round.
	OwnName func(name string) string
	// SilenceLimit returns the longest time without a sign of life from a run, by its estimate in milliseconds.
	SilenceLimit func(estimate int64) time.Duration
	// OnProgress is told how far a run is. It must be quick.
	OnProgress func(job.Progress)
	Now        func() time.Time
	Log        *slog.Logger
}

// Runner runs jobs on one ComfyUI. It is safe for concurrent use.
type Runner struct {
	Config

	mu      sync.Mutex
	current map[string]*comfy.Run // by job id
	// interrupts are the jobs that ComfyUI is to drop, by id.
	interrupts map[string]bool
	// handing ends the wait of jobs for their files, by job id.
	handing  map[string]context.CancelFunc
	handed   []string // ids of the prompts handed over last, oldest first
	failures failureRun
}

var _ dispatch.Runner = (*Runner)(nil)

// New makes a runner.
func New(c Config) *Runner {
	return &Runner{Config: c, current: map[string]*comfy.Run{}, interrupts: map[string]bool{}, handing: map[string]context.CancelFunc{}}
}

// Preview is the latest preview of a running job, as its node sent it; n is 0 when there is none.
func (r *Runner) Preview(jobID string) (n int, data []byte) {
	r.mu.Lock()
	run := r.current[jobID]
	r.mu.Unlock()
	if run == nil {
		return 0, nil
	}
	n, _, data = run.Preview()
	return n, data
}

// maxHanded bounds the prompts that are remembered as the service's own.
const maxHanded = 64

// track follows the prompt of a job from here on.
func (r *Runner) track(j job.Job) *comfy.Run {
	r.Meter.Begin()
	run := r.Client.Track(j.PromptID())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current[j.ID] = run
	if r.handed = append(r.handed, j.PromptID()); len(r.handed) > maxHanded {
		r.handed = slices.Delete(r.handed, 0, 1)
	}
	if r.interrupts[j.ID] {
		go r.interrupt(j)
	}
	return run
}

func (r *Runner) untrack(j job.Job, run *comfy.Run) {
	r.mu.Lock()
	delete(r.current, j.ID)
	delete(r.interrupts, j.ID)
	r.mu.Unlock()
	r.Meter.End()
	run.Close()
}
