package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
	"github.com/comfyscheduler/comfyscheduler/server/internal/handover"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Run implements dispatch.Runner.
func (r *Runner) Run(ctx context.Context, j job.Job, begins func() bool, posted func()) dispatch.Outcome {
	version, err := r.Library.Version(ctx, j.WorkflowVersion)
	if err != nil {
		return failed(job.Rejected, fmt.Sprintf("the workflow that the job was booked with is gone: %v", err), "")
	}
	slot, cancel := context.WithTimeout(ctx, max(minPost, time.UnixMilli(j.Slot().End).Sub(r.Now())))
	defer cancel()
	values, err := r.handOver(slot, j)
	if err != nil {
		return r.notHanded(ctx, j, err)
	}
	offer := r.Library.On(version)
	graph := offer.Fill(values, runName(j), r.Now(), rand.Float64)
	request, err := r.Client.Encode(comfy.Prompt{
		ID:       j.PromptID(),
		Graph:    graph,
		Workflow: offer.Page(graph),
		Paid:     offer.Paid(),
	})
	if err != nil {
		return rejected(err)
	}
	if !begins() {
		return dispatch.Outcome{Verdict: dispatch.NotStarted}
	}
	run := r.track(j)
	defer r.untrack(j, run)
	if ended := r.Meter.MakeWay(); ended != nil {
		<-ended // one that began since Ready was asked
	}
	if r.isInterrupted(j) {
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: takenBack}
	}
	told := r.begin(j, offer.Version, r.Learned.Posts(offer, j.Inputs, j.Estimate))
	err = r.Client.Post(slot, request)
	failpoint.Reach(failpoint.Posted)
	switch {
	case err == nil:
	case errors.Is(err, comfy.ErrUnreachable):
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: noAnswer}
	case !errors.Is(err, comfy.ErrUncertain):
		return rejected(err)
	case slot.Err() != nil && ctx.Err() == nil:
		return r.withdraw(ctx, j, told, run)
	}
	posted()
	r.Meter.Loads(offer)
	return r.follow(ctx, j, told, run)
}

// takenBack is the reason of jobs that were interrupted before ComfyUI had them.
const takenBack = "it was taken back before it began"

// handOver waits for the files of a job, until it is interrupted. What is on its way goes on while any job needs it here.
func (r *Runner) handOver(ctx context.Context, j job.Job) (workflow.Values, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r.mu.Lock()
	r.handing[j.ID] = stop
	if r.interrupts[j.ID] {
		stop()
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.handing, j.ID)
		r.mu.Unlock()
	}()
	return r.Files.Finish(ctx, j)
}

// forgetInterrupt reports whether a job was interrupted before ComfyUI had it, and forgets that.
func (r *Runner) forgetInterrupt(j job.Job) (was bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was = r.interrupts[j.ID]
	delete(r.interrupts, j.ID)
	return was
}

// notHanded is the end of a job whose files are not where ComfyUI finds them.
func (r *Runner) notHanded(ctx context.Context, j job.Job, err error) dispatch.Outcome {
	refused := new(handover.Error)
	switch {
	case r.forgetInterrupt(j):
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: takenBack}
	case ctx.Err() != nil:
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: "the service was stopped before it began"}
	case errors.As(err, &refused):
		return failed(job.InputFile, refused.Message, "")
	case errors.Is(err, context.DeadlineExceeded):
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: "its files were still on their way to ComfyUI"}
	}
	return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: "its files could not be sent to ComfyUI: " + firstLine(err)}
}

// rejected is the outcome of a job whose graph ComfyUI does not run, or would not.
func rejected(err error) dispatch.Outcome {
	var refusal *comfy.RejectedError
	if errors.As(err, &refusal) {
		return failed(job.Rejected, comfy.Explain(err).Error(), firstNode(refusal))
	}
	return failed(job.Rejected, err.Error(), "")
}

// minPost is the least time that ComfyUI has to answer a post: also at the end of a slot an answer is worth a wait.
const minPost = time.Second

// noAnswer is the reason of jobs that wait for a ComfyUI that does not answer.
const noAnswer = "ComfyUI did not answer"

// withdraw takes back a job whose post ComfyUI did not answer by the end of the slot: it must not begin in the slots of
// others. It may have begun meanwhile and even have ended well; what became of it is waited for.
func (r *Runner) withdraw(ctx context.Context, j job.Job, told *account, run *comfy.Run) dispatch.Outcome {
	r.Log.Warn("ComfyUI has not answered by the end of the slot, the job is withdrawn", "worker", r.Worker, "job", j.ID, "attempt", j.Attempt)
	r.Interrupt(j)
	told.learning = nil // it may have begun at any time
	outcome := r.follow(ctx, j, told, run)
	if outcome.Verdict == dispatch.Interrupted || outcome.Verdict == dispatch.Lost {
		return dispatch.Outcome{Verdict: dispatch.Withdrawn, Reason: noAnswer}
	}
	return outcome
}

// Adopt implements dispatch.Runner.
func (r *Runner) Adopt(ctx context.Context, j job.Job) dispatch.Outcome {
	select {
	case <-r.Engine.Up():
	case <-ctx.Done():
		return dispatch.Outcome{}
	}
	version := r.version(ctx, j)
	run := r.track(j)
	defer r.untrack(j, run)
	told := r.begin(j, version, nil)
	if j.StartedAt > 0 {
		told.began = told.began.Add(-max(0, r.Now().Sub(time.UnixMilli(j.StartedAt))))
	}
	told.left = r.Learned.Joins(r.Library.On(version), j.Inputs, j.Estimate)
	return r.follow(ctx, j, told, run)
}

// version returns the version of a job that was handed over already: only titles and names are asked of it. One that cannot be read
// has none.
func (r *Runner) version(ctx context.Context, j job.Job) *workflow.Version {
	version, err := r.Library.Version(ctx, j.WorkflowVersion)
	if err != nil {
		r.Log.Error("the workflow that the job was booked with cannot be read", "worker", r.Worker, "job", j.ID, "err", err)
		return workflow.Unknown(j.Workflow)
	}
	return version
}

// runName ends the names of the files that an attempt writes.
func runName(j job.Job) string {
	if j.Epoch != "" { // the service that had the job before may have used the names below
		return fmt.Sprintf("%s-%.8s-%d", j.ID, j.Epoch, j.Attempt)
	}
	if j.Attempt <= 1 {
		return j.ID
	}
	return fmt.Sprintf("%s-%d", j.ID, j.Attempt)
}

// follow waits for the end of the run and judges it.
func (r *Runner) follow(ctx context.Context, j job.Job, told *account, run *comfy.Run) dispatch.Outcome {
	bound, cancel := r.Engine.Bind(ctx)
	defer cancel()
	guard := guard{limit: r.SilenceLimit(j.Estimate)}
	go guard.watch(bound, r, j, run, cancel)
	stop := told.tick(bound, run)
	outcome, err := run.Wait(bound, func(p comfy.Progress) { told.tell(p, run.Times()) })
	took := time.Since(told.began)
	stop()
	if err != nil { // nobody can be asked any more
		if ctx.Err() != nil {
			return dispatch.Outcome{}
		}
		outcome, _ = run.Reported()
	}
	verdict := r.judge(ctx, j, told.version, outcome)
	if err == nil && verdict.Verdict == dispatch.Completed && outcome.Kind == comfy.Succeeded {
		told.teach(learned.EndOf(run.Times(), outcome, took))
	}
	switch {
	case guard.blames() && verdict.Verdict != dispatch.Completed:
		return dispatch.Outcome{Verdict: dispatch.Failed, Failure: guard.failure()}
	case guard.excuses() && (verdict.Verdict == dispatch.Interrupted || verdict.Verdict == dispatch.Lost):
		return dispatch.Outcome{Verdict: dispatch.Lost, Reason: noAnswer}
	case verdict.Verdict == dispatch.Lost && err != nil:
		verdict.Reason = firstLine(context.Cause(bound)) + " in mid-run"
	}
	return r.checkUp(ctx, j, outcome, verdict)
}

// judge says how the attempt ended. What ComfyUI does not know any more, or does not list, may have left its files.
func (r *Runner) judge(ctx context.Context, j job.Job, version *workflow.Version, outcome comfy.Outcome) dispatch.Outcome {
	switch outcome.Kind {
	case comfy.Succeeded:
		results := r.resultsOf(outcome)
		if len(results) == 0 {
			results = r.found(ctx, j, version)
		}
		return dispatch.Outcome{Verdict: dispatch.Completed, Results: r.noted(ctx, r.ordered(results, version))}
	case comfy.Failed:
		title := version.NodeTitle(outcome.Error.NodeID)
		return failed(job.Execution, fmt.Sprintf("%s: %s", title, outcome.Error.Message), outcome.Error.NodeID)
	case comfy.Interrupted:
		return dispatch.Outcome{Verdict: dispatch.Interrupted}
	}
	if results := r.found(ctx, j, version); len(results) > 0 {
		r.Log.Info("ComfyUI does not know the run any more, but its files are there", "worker", r.Worker, "job", j.ID, "attempt", j.Attempt)
		return dispatch.Outcome{Verdict: dispatch.Completed, Results: r.noted(ctx, r.ordered(results, version))}
	}
	if r.isInterrupted(j) { // it waited in ComfyUI's queue and was taken out of it
		return dispatch.Outcome{Verdict: dispatch.Interrupted}
	}
	return dispatch.Outcome{Verdict: dispatch.Lost, Reason: "ComfyUI does not know the run any more"}
}

// ordered puts results in the order in which the workflow tells what it makes, the main one first: ComfyUI lists them as its nodes ended,
// which is another order where it answers from its cache.
func (r *Runner) ordered(results []job.Result, version *workflow.Version) []job.Result {
	if len(results) < 2 {
		return results
	}
	outputs := r.Library.On(version).Outputs()
	place := func(result job.Result) int {
		i := slices.IndexFunc(outputs, func(o workflow.Output) bool { return o.NodeID == result.NodeID })
		if i < 0 {
			return len(outputs)
		}
		return i
	}
	slices.SortStableFunc(results, func(a, b job.Result) int { return place(a) - place(b) })
	return results
}

func failed(reason job.FailureReason, message, node string) dispatch.Outcome {
	return dispatch.Outcome{Verdict: dispatch.Failed, Failure: job.Failure{Reason: reason, Message: message, NodeID: node}}
}

func firstNode(e *comfy.RejectedError) string {
	if len(e.Nodes) == 0 {
		return ""
	}
	return e.Nodes[0].NodeID
}

// firstLine is the beginning of an error's text that stands for itself.
func firstLine(err error) string {
	text := err.Error()
	if end := strings.IndexAny(text, "\n;"); end >= 0 {
		return text[:end]
	}
	return text
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
