package runner

import (
	"context"
	"regexp"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// A ComfyUI can answer and fail every prompt all the same: after a CUDA error its process never computes again. Left alone
// it would burn a night's bookings one by one. Two failures in a row that look like it are the signal. Where the error
// itself does not say so, a generation of the service's own decides whether it is the jobs that are wrong.

const (
	sickAfter = 2 // failures in a row
	atOnce    = 4 // a failure within this part of the estimate computed nothing
)

// deviceError is an error after which the process of ComfyUI is of no use.
var deviceError = regexp.MustCompile(`(?i)\b(CUDA|HIP|CUBLAS|CUDNN|XPU|MPS)[ _]?(runtime )?(error|STATUS_)` +
	`|device-side assert|illegal memory access|no kernel image is available|GPU is lost`)

// failureRun counts failures in a row that look alike.
type failureRun struct {
	likeness string
	count    int
}

// note takes in how a run ended, and reports whether enough of the latest failed in the same way.
func (f *failureRun) note(outcome comfy.Outcome, took time.Duration, estimate int64) (suspect bool) {
	if outcome.Kind == comfy.Succeeded {
		*f = failureRun{}
		return false
	}
	if outcome.Kind != comfy.Failed || outcome.Error == nil {
		return false // interrupted or lost: it says nothing
	}
	likeness := ""
	switch text := outcome.Error.Type + ": " + outcome.Error.Message; {
	case deviceError.MatchString(text):
		likeness = "device"
	case took < time.Duration(estimate)*time.Millisecond/atOnce:
		likeness = outcome.Error.NodeID + " " + text
	}
	if likeness == "" || likeness != f.likeness {
		*f = failureRun{likeness: likeness}
	}
	if likeness != "" {
		f.count++
	}
	return f.count >= sickAfter
}

// isDevice reports whether the failures are of the GPU.
func (f *failureRun) isDevice() bool { return f.likeness == "device" }

// sickError says that ComfyUI fails every prompt.
type sickError struct{ cause string }

func (e *sickError) Error() string { return "ComfyUI failed every prompt (" + e.cause + ")" }

// Plain says that everybody may read it.
func (e *sickError) Plain() string { return e.Error() }

// sicknessOf names the kind of error and no more: everybody reads it, and an error's own words may quote somebody's prompt.
func sicknessOf(failed *comfy.NodeError) *sickError {
	if kind := deviceError.FindString(failed.Error()); kind != "" {
		return &sickError{cause: kind}
	}
	return &sickError{cause: "each at once"}
}

// checkUp notes how a job's run ended. When ComfyUI fails everything it is started again, a remote one is shown as failing,
// and the job, which can do nothing for it, is withdrawn.
func (r *Runner) checkUp(ctx context.Context, j job.Job, outcome comfy.Outcome, verdict dispatch.Outcome) dispatch.Outcome {
	took := time.Duration(r.Now().UnixMilli()-max(j.StartedAt, j.Start)) * time.Millisecond
	r.mu.Lock()
	suspect := r.failures.note(outcome, took, j.Estimate)
	certain := r.failures.isDevice()
	r.mu.Unlock()
	if !suspect || (!certain && r.computes(ctx, j.Estimate)) {
		return verdict
	}
	sick := sicknessOf(outcome.Error)
	r.forgetFailures()
	r.Meter.Distrust()
	r.Log.Error("ComfyUI fails every prompt", "worker", r.Worker, "job", j.ID, "err", outcome.Error)
	reason := sick.Error()
	if r.Engine.Sick(sick) {
		reason += " and was started again"
	}
	return dispatch.Outcome{Verdict: dispatch.Withdrawn, Reason: reason}
}

// computes reports whether a generation of the service's own goes well; also when it cannot be told. It is given up when it
// takes longer than a job may be silent.
func (r *Runner) computes(ctx context.Context, estimate int64) bool {
	bound, unbind := r.Engine.Bind(ctx)
	defer unbind()
	err := r.Meter.Check(bound, r.SilenceLimit(estimate))
	if bound.Err() != nil {
		return true
	}
	r.forgetFailures()
	return err == nil
}

func (r *Runner) forgetFailures() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = failureRun{}
}
