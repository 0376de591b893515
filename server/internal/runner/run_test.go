package runner_test

import (
	"context"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestInterruptedJob(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	j := r.NewJob("a fox [[slow=1s]]")
	outcome := w.BeginJob(j)
	w.Interrupt(j)
	if o := <-outcome; o.Verdict != dispatch.Interrupted {
		t.Errorf("outcome: %+v", o)
	}
	// One that is interrupted before it has reached ComfyUI.
	j = r.NewJob("a fox [[slow=1s]]")
	w.Interrupt(j)
	if o := w.RunJob(j); o.Verdict != dispatch.NotStarted || len(r.Written()) > 0 {
		t.Errorf("outcome: %+v", o)
	}
}

// stuckFiles are on their way for ever.
type stuckFiles struct{ waited chan struct{} }

func (s stuckFiles) Has(context.Context, job.Job) bool { return false }

func (s stuckFiles) Begin(context.Context, job.Job) {}

func (s stuckFiles) Finish(ctx context.Context, _ job.Job) (workflow.Values, error) {
	close(s.waited)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestInterruptedWhileItsFilesAreSent(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	files := stuckFiles{make(chan struct{})}
	w.Runner.Files = files
	j := r.NewJob("a fox")
	j.Duration = time.Hour.Milliseconds()
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.RunJob(j) }()
	<-files.waited
	w.Interrupt(j)
	if o := <-outcome; o.Verdict != dispatch.NotStarted || o.Reason != "it was taken back before it began" || len(r.Written()) > 0 {
		t.Errorf("outcome: %+v", o)
	}
}

func TestFailuresOfAJob(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	if o := w.RunJob(r.NewJob("[[error]]")); o.Verdict != dispatch.Failed || o.Failure.Reason != job.Execution || o.Failure.NodeID == "" {
		t.Errorf("outcome: %+v", o)
	}
	if o := w.RunJob(r.NewJob("[[no-result]]")); o.Verdict != dispatch.Completed || len(o.Results) != 0 {
		t.Errorf("outcome: %+v", o)
	}
	gone := r.NewJob("a fox")
	gone.WorkflowVersion = "0123"
	if o := w.RunJob(gone); o.Verdict != dispatch.Failed || o.Failure.Reason != job.Rejected {
		t.Errorf("outcome: %+v", o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := w.Run(ctx, r.NewJob("a fox"), func() bool { return true }, func() {}); o.Verdict == dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}
