package fleettest

import (
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/launch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/runner"
)

// Worker is one service's life with a worker.
type Worker struct {
	*launch.Engine
	*runner.Runner
	Ctx   context.Context
	Leave context.CancelFunc // as a killed service does: ComfyUI lives on

	rig     *Rig
	lane    *fleet.Lane
	library *library.Library
}

// State returns the worker's state.
func (w *Worker) State() health.Worker { return w.lane.Status.Get() }

// Step returns a step of the boot, which must have begun.
func (w *Worker) Step(name string) health.BootStep {
	w.rig.t.Helper()
	for _, s := range w.State().BootSteps {
		if s.Name == name {
			return s
		}
	}
	w.rig.t.Fatalf("no step %q", name)
	return health.BootStep{}
}

// StopWell stops ComfyUI, which has to go well.
func StopWell(t *testing.T, w *Worker) {
	t.Helper()
	if err := w.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

var pidPattern = regexp.MustCompile(`^(?:found )?pid (\d+)`)

// PID is that of the ComfyUI that the present boot launched or found; 0 before it did.
func (w *Worker) PID() int {
	for _, s := range w.State().BootSteps {
		if match := pidPattern.FindStringSubmatch(s.Detail); s.Name == "launch" && match != nil {
			pid, _ := strconv.Atoi(match[1])
			return pid
		}
	}
	return 0
}

// Benchmark is the measured duration, in milliseconds.
func (w *Worker) Benchmark() int64 { return w.State().Estimates[0].BenchmarkMS }

// QueueRemaining returns the length of ComfyUI's queue that the websocket told last.
func (w *Worker) QueueRemaining() (n int, known bool) { return w.Engine.Client().QueueRemaining() }

// RunJob runs a job to its end.
func (w *Worker) RunJob(j job.Job) dispatch.Outcome {
	ctx, cancel := context.WithTimeout(w.Ctx, Patience)
	defer cancel()
	return w.Run(ctx, j, func() bool { return true }, func() {})
}

// BeginJob runs a job and gives back its outcome when it is known.
func (w *Worker) BeginJob(j job.Job) <-chan dispatch.Outcome {
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.RunJob(j) }()
	w.rig.Eventually("the job is under way", func() bool {
		for _, p := range w.rig.Progress() {
			if p.JobID == j.ID && p.Step > 0 {
				return true
			}
		}
		return false
	})
	return outcome
}
