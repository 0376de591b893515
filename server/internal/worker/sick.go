package worker

import (
	"context"
	"regexp"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
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

// sicknessOf names the kind of error and no more: everybody reads it, and an error's own words may quote somebody's prompt.
func sicknessOf(failed *comfy.NodeError) *sickError {
	if kind := deviceError.FindString(failed.Error()); kind != "" {
		return &sickError{cause: kind}
	}
	return &sickError{cause: "each at once"}
}

// checkUp notes how a job's run ended. When ComfyUI fails everything it is started again, a remote one is shown as failing,
// and the job, which can do nothing for it, is withdrawn.
func (w *Worker) checkUp(ctx context.Context, j job.Job, outcome comfy.Outcome, verdict dispatch.Outcome) dispatch.Outcome {
	took := time.Duration(w.Now().UnixMilli()-max(j.StartedAt, j.Start)) * time.Millisecond
	w.mu.Lock()
	suspect := w.failures.note(outcome, took, j.Estimate)
	certain := w.failures.isDevice()
	w.mu.Unlock()
	if !suspect || (!certain && w.computes(ctx, j.Estimate)) {
		return verdict
	}
	sick := sicknessOf(outcome.Error)
	w.mu.Lock()
	w.failures, w.proof = failureRun{}, true
	w.mu.Unlock()
	w.Log.Error("ComfyUI fails every prompt", "worker", w.ID, "job", j.ID, "err", outcome.Error)
	if w.ComfyUI.Installation == config.Remote {
		w.setStatus(health.Offline, sick.Error()+"; it has to be started again where it runs")
		return dispatch.Outcome{Verdict: dispatch.Withdrawn, Reason: sick.Error()}
	}
	w.lose(sick)
	return dispatch.Outcome{Verdict: dispatch.Withdrawn, Reason: sick.Error() + " and was started again"}
}

// computes reports whether a generation of the service's own goes well; also when it cannot be told. It is given up when it
// takes longer than a job may be silent.
func (w *Worker) computes(ctx context.Context, estimate int64) bool {
	err := w.check(ctx, estimate)
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil || w.runs.Err() != nil {
		return true
	}
	w.failures = failureRun{}
	return err == nil
}

// recovered looks, now and then, whether a remote ComfyUI that failed every prompt computes again.
func (w *Worker) recovered(ctx context.Context) bool {
	w.mu.Lock()
	due := time.Since(w.probed) >= w.pace.probe
	if due {
		w.probed = time.Now()
	}
	w.mu.Unlock()
	if !due {
		return false
	}
	if err := w.check(ctx, 0); err != nil {
		w.Log.Warn("ComfyUI still fails", "worker", w.ID, "err", err)
		return false
	}
	w.proven()
	return true
}

// check runs a generation of the service's own.
func (w *Worker) check(ctx context.Context, estimate int64) error {
	ctx, cancel := context.WithTimeout(ctx, w.SilenceLimit(estimate))
	defer cancel()
	_, err := w.generate(ctx, "check")
	return err
}

// needsProof reports whether a generation has to go well before jobs are run again.
func (w *Worker) needsProof() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.proof
}

// proven notes that a generation went well.
func (w *Worker) proven() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proof = false
}
