package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	progressInterval  = 100 * time.Millisecond // between two told steps of a run
	previewInterval   = 500 * time.Millisecond // between two announced previews
	interruptInterval = 2 * time.Second        // between two requests to let go
	readyLimit        = 2 * time.Second        // for ComfyUI to say whether it is idle
)

var _ dispatch.Runner = (*Worker)(nil)

// Ready implements dispatch.Runner.
func (w *Worker) Ready(ctx context.Context) (bool, string) {
	if trouble := w.Trouble(); trouble != "" {
		return false, trouble
	}
	if _, under := w.makeWay(); under {
		return false, "the measurement of an edited workflow is being stopped"
	}
	if n, known := w.client.QueueRemaining(); known && n == 0 {
		return true, ""
	}
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	queue, err := w.client.Queue(ctx)
	if err != nil {
		return false, "ComfyUI does not answer"
	}
	prompts := slices.Concat(queue.Running, queue.Pending)
	if len(prompts) == 0 {
		return true, ""
	}
	if w.executorLost() {
		w.lose(errExecutor)
		return false, errExecutor.Error()
	}
	return false, w.busyWith(ctx, prompts)
}

// busyWith is why ComfyUI is busy although no job of this worker runs. A prompt of a job that was given up is taken back:
// it may have come to ComfyUI after it was looked for.
func (w *Worker) busyWith(ctx context.Context, prompts []string) string {
	reason := "ComfyUI is busy with a prompt that was started on its own page"
	for _, id := range prompts {
		if !w.isGivenUp(ctx, id) {
			continue
		}
		reason = "ComfyUI is still at work on a run that was given up"
		if err := w.client.Cancel(ctx, id); err != nil {
			w.Log.Warn("cannot take back a run that was given up", "worker", w.ID, "prompt", id, "err", err)
		}
	}
	return reason
}

// isGivenUp reports whether the prompt is one of the service's own that nobody waits for any more.
func (w *Worker) isGivenUp(ctx context.Context, id string) bool {
	w.mu.Lock()
	handed := slices.Contains(w.handed, id)
	w.mu.Unlock()
	j, err := w.Store.Job(ctx, id) // the first attempt goes by the id of its job
	if err != nil {
		return handed
	}
	return j.Status != job.Processing || j.PromptID() != id
}

// maxHanded is how many prompts are remembered as the service's own.
const maxHanded = 64

// Changed implements dispatch.Runner.
func (w *Worker) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state.Status == health.Ready && w.measuring == nil {
		return w.client.StatusChanged()
	}
	return w.changed
}

// Prepare implements dispatch.Runner: it sees to it that a connection is open when the graph is to be posted.
func (w *Worker) Prepare(ctx context.Context, j job.Job) {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, readyLimit)
		defer cancel()
		if err := w.client.Greet(ctx); err != nil {
			w.Log.Debug("ComfyUI does not answer before a start", "worker", w.ID, "job", j.ID, "err", err)
		}
	}()
}

// Trouble implements dispatch.Runner.
func (w *Worker) Trouble() string {
	if s := w.State(); s.Status != health.Ready {
		return s.Reason
	}
	return ""
}

// Run implements dispatch.Runner.
func (w *Worker) Run(ctx context.Context, j job.Job, posted func()) dispatch.Outcome {
	template, err := w.template(ctx, j.Template)
	if err != nil {
		return failed(job.Rejected, fmt.Sprintf("the workflow that the job was booked with is gone: %v", err), "")
	}
	graph := template.Fill(workflow.Inputs{Prompt: j.Prompt, Seed: j.Seed, Parameters: j.Parameters, Name: runName(j)})
	run := w.track(j)
	defer w.untrack(j, run)
	if m, under := w.makeWay(); under {
		<-m.done // one that began since Ready was asked
	}
	if w.isToLetGo(j) {
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: "it was taken back before it began"}
	}
	slot, cancel := context.WithTimeout(ctx, max(minPost, time.UnixMilli(j.Slot().End).Sub(w.Now())))
	defer cancel()
	err = w.client.Submit(slot, comfy.Prompt{ID: j.PromptID(), Graph: graph})
	failpoint.Reach(failpoint.Posted)
	var rejected *comfy.RejectedError
	switch {
	case err == nil:
	case errors.As(err, &rejected):
		return failed(job.Rejected, explain(err).Error(), firstNode(rejected))
	case errors.Is(err, comfy.ErrUnreachable):
		return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: noAnswer}
	case !errors.Is(err, comfy.ErrUncertain):
		return failed(job.Rejected, err.Error(), "")
	case slot.Err() != nil && ctx.Err() == nil:
		return w.withdraw(ctx, j, template, run)
	}
	go posted()
	return w.follow(ctx, j, template, run)
}

// minPost is how long ComfyUI may take at least to answer a post: also at the end of a slot an answer is worth a wait.
const minPost = time.Second

// noAnswer is why a job waits for a ComfyUI that does not answer.
const noAnswer = "ComfyUI did not answer"

// withdraw takes back a job whose post ComfyUI did not answer by the end of the slot: it must not begin in the slots of
// others. It may have begun meanwhile and even have ended well; what became of it is waited for.
func (w *Worker) withdraw(ctx context.Context, j job.Job, template *workflow.Template, run *comfy.Run) dispatch.Outcome {
	w.Log.Warn("ComfyUI has not answered by the end of the slot, the job is withdrawn", "worker", w.ID, "job", j.ID, "attempt", j.Attempt)
	w.Interrupt(j)
	outcome := w.follow(ctx, j, template, run)
	if outcome.Verdict == dispatch.Interrupted || outcome.Verdict == dispatch.Lost {
		return dispatch.Outcome{Verdict: dispatch.Withdrawn, Reason: noAnswer}
	}
	return outcome
}

// Adopt implements dispatch.Runner.
func (w *Worker) Adopt(ctx context.Context, j job.Job) dispatch.Outcome {
	select {
	case <-w.up:
	case <-ctx.Done():
		return dispatch.Outcome{}
	}
	template := w.templateOrOffered(ctx, j)
	run := w.track(j)
	defer w.untrack(j, run)
	return w.follow(ctx, j, template, run)
}

// templateOrOffered is the template of a job that was handed over already: only titles and names are asked of it.
func (w *Worker) templateOrOffered(ctx context.Context, j job.Job) *workflow.Template {
	template, err := w.template(ctx, j.Template)
	if err != nil {
		return w.offered().template
	}
	return template
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

// restLimit is how long ComfyUI may take to answer that it will free its memory.
const restLimit = 10 * time.Second

// Rest implements dispatch.Runner.
func (w *Worker) Rest(ctx context.Context) {
	go func() {
		ctx, cancel := context.WithTimeout(ctx, restLimit)
		defer cancel()
		if err := w.client.Free(ctx, true, true); err != nil {
			w.Log.Warn("ComfyUI's memory could not be freed for the pause", "worker", w.ID, "err", err)
			return
		}
		w.Log.Info("ComfyUI's memory was freed for the pause", "worker", w.ID)
	}()
}

func (w *Worker) track(j job.Job) *comfy.Run {
	run := w.client.Track(j.PromptID())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current[j.ID] = run
	if w.handed = append(w.handed, j.PromptID()); len(w.handed) > maxHanded {
		w.handed = slices.Delete(w.handed, 0, 1)
	}
	if w.interrupts[j.ID] {
		go w.interrupt(j)
	}
	return run
}

func (w *Worker) untrack(j job.Job, run *comfy.Run) {
	w.mu.Lock()
	delete(w.current, j.ID)
	delete(w.interrupts, j.ID)
	w.busyUntil = time.Now()
	w.mu.Unlock()
	run.Close()
}

// follow waits for the end of the run and judges it.
func (w *Worker) follow(ctx context.Context, j job.Job, template *workflow.Template, run *comfy.Run) dispatch.Outcome {
	w.mu.Lock()
	runs := w.runs
	w.mu.Unlock()
	either, cancel := withEither(ctx, runs)
	defer cancel()
	guard := guard{limit: w.SilenceLimit(j.Estimate)}
	go guard.watch(either, w, j, run, cancel)
	outcome, err := run.Wait(either, w.progress(j, template))
	if err != nil { // nobody can be asked any more
		if ctx.Err() != nil {
			return dispatch.Outcome{}
		}
		outcome, _ = run.Told()
	}
	verdict := w.judge(ctx, j, template, outcome)
	switch {
	case guard.stuck.Load() && verdict.Verdict != dispatch.Completed:
		return dispatch.Outcome{Verdict: dispatch.Failed, Failure: guard.failure()}
	case verdict.Verdict == dispatch.Lost && err != nil:
		verdict.Reason = firstLine(context.Cause(runs)) + " in mid-run"
	}
	return w.checkUp(ctx, j, outcome, verdict)
}

// judge says how the attempt ended. What ComfyUI does not know any more, or does not list, may have left its files.
func (w *Worker) judge(ctx context.Context, j job.Job, template *workflow.Template, outcome comfy.Outcome) dispatch.Outcome {
	switch outcome.Kind {
	case comfy.Succeeded:
		results := resultsOf(outcome)
		if len(results) == 0 {
			results = w.found(ctx, j, template)
		}
		return dispatch.Outcome{Verdict: dispatch.Completed, Results: results}
	case comfy.Failed:
		title := template.NodeTitle(outcome.Error.NodeID)
		return failed(job.Execution, fmt.Sprintf("%s: %s", title, outcome.Error.Message), outcome.Error.NodeID)
	case comfy.Interrupted:
		return dispatch.Outcome{Verdict: dispatch.Interrupted}
	}
	if results := w.found(ctx, j, template); len(results) > 0 {
		w.Log.Info("ComfyUI does not know the run any more, but its files are there", "worker", w.ID, "job", j.ID, "attempt", j.Attempt)
		return dispatch.Outcome{Verdict: dispatch.Completed, Results: results}
	}
	if w.isToLetGo(j) { // it waited in ComfyUI's queue and was taken out of it
		return dispatch.Outcome{Verdict: dispatch.Interrupted}
	}
	return dispatch.Outcome{Verdict: dispatch.Lost, Reason: "ComfyUI does not know the run any more"}
}

// progress tells how far the run is, but not more often than anybody can see.
func (w *Worker) progress(j job.Job, template *workflow.Template) func(comfy.Progress) {
	var told, previewed time.Time
	var last job.Progress
	return func(p comfy.Progress) {
		now := time.Now()
		next := job.Progress{
			JobID: j.ID, Attempt: j.Attempt, NodeID: p.NodeID, NodeTitle: template.NodeTitle(p.NodeID), Step: p.Step, Total: p.Total,
			Preview: last.Preview, NodesDone: p.NodesDone, NodesTotal: template.NodeCount(),
		}
		if p.Waiting {
			next.NodeTitle = "waits for a prompt that was started on ComfyUI's own page"
		}
		if p.Preview > last.Preview && now.Sub(previewed) >= previewInterval {
			next.Preview, previewed = p.Preview, now
		}
		sameNode := next.NodeID == last.NodeID && next.Step < next.Total
		if next == last || (sameNode && now.Sub(told) < progressInterval) {
			return
		}
		told, last = now, next
		w.OnProgress(next)
	}
}

// Interrupt implements dispatch.Runner. It may come before the job has reached ComfyUI.
func (w *Worker) Interrupt(j job.Job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if asked := w.interrupts[j.ID]; asked {
		return
	}
	w.interrupts[j.ID] = true
	if w.current[j.ID] != nil {
		go w.interrupt(j)
	}
}

func (w *Worker) isToLetGo(j job.Job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.interrupts[j.ID]
}

// interrupt asks until the run has ended: ComfyUI hears an interrupt only at certain moments.
func (w *Worker) interrupt(j job.Job) {
	for {
		w.mu.Lock()
		running, runs := w.current[j.ID] != nil, w.runs
		w.mu.Unlock()
		if !running || runs.Err() != nil {
			return
		}
		ctx, cancel := context.WithTimeout(runs, interruptInterval)
		if err := w.client.Cancel(ctx, j.PromptID()); err != nil {
			w.Log.Warn("cannot interrupt", "worker", w.ID, "job", j.ID, "err", err)
		}
		sleep(ctx, interruptInterval)
		cancel()
	}
}

func failed(reason job.FailureReason, message, node string) dispatch.Outcome {
	return dispatch.Outcome{Verdict: dispatch.Failed, Failure: job.Failure{Reason: reason, Message: message, NodeID: node}}
}

// explain puts ComfyUI's refusal into words for whoever booked.
func explain(err error) error {
	var rejected *comfy.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	var parts []string
	for _, node := range rejected.Nodes {
		for _, reason := range node.Reasons {
			parts = append(parts, fmt.Sprintf("node %s (%s): %v", node.NodeID, node.ClassType, reason))
		}
	}
	if len(parts) == 0 {
		return fmt.Errorf("ComfyUI refused the graph: %w", err)
	}
	return fmt.Errorf("ComfyUI refused the graph: %s", strings.Join(parts, "; "))
}

func firstNode(e *comfy.RejectedError) string {
	if len(e.Nodes) == 0 {
		return ""
	}
	return e.Nodes[0].NodeID
}
