// Package worker is one ComfyUI: it brings it up, measures it, keeps it up and runs jobs on it. It knows nothing of slots
// and decides nothing about when a job runs.
package worker

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Store is what a worker needs of the store.
type Store interface {
	store.Records
	store.Templates
	store.Pauses
	Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error)
	Job(ctx context.Context, id string) (job.Job, error)
	NextScheduled(ctx context.Context, worker string, from int64) (job.Job, error)
}

// Config is what a Worker works with.
type Config struct {
	ID           string
	ComfyUI      config.ComfyUI
	Workflow     config.Workflow
	SlotDuration func(estimate int64) int64 // milliseconds
	// SilenceLimit is how long a run may give no sign of life, by its estimate in milliseconds.
	SilenceLimit func(estimate int64) time.Duration
	DataDir      string
	Instance     string // the data folder's own name, which no copy of it has
	Executable   string // the service's own, which is the simulated ComfyUI too
	Store        Store
	Now          func() time.Time
	Log          *slog.Logger

	// What the worker tells. Each must be quick.
	OnState    func(health.Worker)
	OnWorkflow func(workflow.Workflow)
	OnProgress func(job.Progress)
}

// Worker is one ComfyUI. It is safe for concurrent use.
type Worker struct {
	Config
	client *comfy.Client
	pace   pace
	up     chan struct{} // closed when ComfyUI can be talked to for the first time
	upOnce sync.Once
	edited chan struct{} // one token: the template file is to be read again
	record *recordFile
	// executor is the one of the present process.
	executor executor

	mu      sync.Mutex
	state   health.Worker
	changed chan struct{} // closed and replaced when state changes
	process program
	lost    context.CancelCauseFunc // ends the runs on the present process
	runs    context.Context         // done when that process is gone
	current map[string]*comfy.Run   // by job id
	// interrupts are the jobs that ComfyUI is to let go of, by id.
	interrupts map[string]bool
	restart    chan struct{}
	offer      offer
	notice     string        // what the operator has to know although the worker is ready
	doubtful   bool          // the estimate is to be measured again
	quiet      time.Duration // after this long without a run
	busyUntil  time.Time
	measuring  *measurement // nil: none
	failures   failureRun
	proof      bool      // jobs run again only after a generation that went well
	probed     time.Time // when that was last tried on a remote one
	handed     []string  // ids of the prompts handed over last, oldest first
}

// New makes a worker. Nothing is started.
func New(c Config) *Worker {
	w := &Worker{
		Config: c, pace: defaultPace(), edited: make(chan struct{}, 1), offer: offer{template: c.Workflow.Template}, up: make(chan struct{}), changed: make(chan struct{}), current: map[string]*comfy.Run{}, interrupts: map[string]bool{}, restart: make(chan struct{}, 1),
		state: health.Worker{ID: c.ID, Status: health.Booting, Simulated: c.ComfyUI.Installation == config.Simulated},
	}
	w.runs, w.lost = context.WithCancelCause(context.Background())
	var err error
	if w.record, err = openRecord(filepath.Join(c.DataDir, "comfyui-"+c.ID+".json"), c.Instance); err != nil {
		c.Log.Warn(err.Error(), "worker", c.ID)
	}
	w.executor.log.File = w.logFile()
	o := comfy.Options{
		BaseURL: c.ComfyUI.BaseURL(), ClientID: w.clientID(), Token: c.ComfyUI.Token.Reveal(), Log: c.Log.With("worker", c.ID),
		OnClientID: func(id string) { go w.keepClientID(id) },
	}
	if c.ComfyUI.Installation == config.Remote { // a launched one is on this machine, whatever address it listens on
		o.Proxy = http.ProxyFromEnvironment
	}
	w.client = comfy.New(o)
	return w
}

// State is how the worker is.
func (w *Worker) State() health.Worker {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// LogTail is the end of what ComfyUI wrote, oldest line first. A remote one is asked for it.
func (w *Worker) LogTail(ctx context.Context, lines int) ([]string, error) {
	if w.ComfyUI.Installation != config.Remote {
		return process.Tail(w.logFile(), lines), nil
	}
	all, err := w.client.Logs(ctx)
	return all[max(0, len(all)-lines):], err
}

// Preview is the latest preview of a running job, as its node sent it; n is 0 when there is none.
func (w *Worker) Preview(jobID string) (n int, data []byte) {
	w.mu.Lock()
	run := w.current[jobID]
	w.mu.Unlock()
	if run == nil {
		return 0, nil
	}
	n, _, data = run.Preview()
	return n, data
}

func (w *Worker) logFile() string { return filepath.Join(w.DataDir, "comfyui-"+w.ID+".log") }

// set changes the state, holding the lock, and tells it.
func (w *Worker) set(change func(*health.Worker)) {
	w.mu.Lock()
	change(&w.state)
	told := w.state
	told.BootSteps, told.Estimates = slices.Clone(told.BootSteps), slices.Clone(told.Estimates)
	close(w.changed)
	w.changed = make(chan struct{})
	w.mu.Unlock()
	w.OnState(told)
}

func (w *Worker) setStatus(status health.Status, reason string) {
	w.set(func(s *health.Worker) { s.Status, s.Reason = status, reason })
}

// setReady says that jobs can run, and what the operator has to know all the same.
func (w *Worker) setReady() {
	w.set(func(s *health.Worker) { s.Status, s.Reason = health.Ready, w.notice })
}

// setNotice replaces what the operator has to know.
func (w *Worker) setNotice(text string) {
	w.set(func(s *health.Worker) {
		w.notice = text
		if s.Status == health.Ready {
			s.Reason = text
		}
	})
}
