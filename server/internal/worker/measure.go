package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// warmUp loads the models, so that the first job does not wait for that.
func (b *boot) warmUp(ctx context.Context) (string, error) {
	if err := b.recall(ctx); err != nil {
		return "", err
	}
	if reason := b.noMeasuring(ctx); reason != "" {
		return "", errSkipped(reason)
	}
	b.setBenchmarking("the models are being loaded")
	_, err := b.generate(ctx, "warm-up")
	if err == nil {
		b.proven()
	}
	return "", err
}

// benchmark measures a generation as a job's is: with a prompt and a seed that ComfyUI has not seen.
func (b *boot) benchmark(ctx context.Context) (string, error) {
	if reason := b.noMeasuring(ctx); reason != "" {
		if !b.fresh {
			b.doubt()
		}
		return "", errSkipped(fmt.Sprintf("%s; measured before: %d ms", reason, b.stored))
	}
	b.setBenchmarking("a generation is being measured")
	took, err := b.generate(ctx, "benchmark")
	if err != nil {
		return "", err
	}
	b.measured(ctx, took)
	return fmt.Sprintf("%d ms", took.Milliseconds()), nil
}

// recall takes the benchmark of an earlier start as the estimate. One of another version of the workflow, or of another
// ComfyUI, is better than none.
func (b *boot) recall(ctx context.Context) error {
	var known measured
	found, err := b.read(ctx, "benchmark", &known)
	if found && known.Workflow == b.Workflow.ID {
		b.stored, b.fresh = known.Benchmark, known.Key == b.benchmarkKey()
		b.estimate(b.stored)
	}
	return err
}

// noMeasuring says why a generation now would get into the way of a job, or a job into its way; nothing when neither
// does. Without a stored benchmark there is no choice: it has to be measured.
func (b *boot) noMeasuring(ctx context.Context) string {
	switch {
	case b.stored == 0, b.needsProof():
		return ""
	case b.attached && b.fresh:
		return "ComfyUI was running already"
	case b.dueWithin(ctx, 2*b.stored):
		return "a booked slot falls due meanwhile"
	case b.attached && !b.idle(ctx):
		return "ComfyUI is at work"
	}
	return ""
}

// dueWithin reports whether a slot or a pause begins in that many milliseconds.
func (w *Worker) dueWithin(ctx context.Context, ms int64) bool {
	now := w.Now().UnixMilli()
	if pause, planned, err := w.Store.Pause(ctx, w.ID); err == nil && planned && pause.Slot.Overlaps(schedule.NewSlot(now, ms)) {
		return true
	}
	next, err := w.Store.NextScheduled(ctx, w.ID, now)
	return err == nil && next.Start <= now+ms
}

// idle reports whether ComfyUI has nothing to do.
func (w *Worker) idle(ctx context.Context) bool {
	queue, err := w.client.Queue(ctx)
	return err == nil && len(queue.Running)+len(queue.Pending) == 0
}

// waitIdle waits for prompts that somebody else has started: behind them nothing can be measured.
func (w *Worker) waitIdle(ctx context.Context) error {
	for told := false; !w.idle(ctx); told = true {
		if !told {
			w.Log.Info("the measurement waits: ComfyUI is at work on something else", "worker", w.ID)
			w.setBenchmarking("ComfyUI is at work on something else; a generation is measured when it is done")
		}
		if sleep(ctx, w.pace.health); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// measured takes a new benchmark as the estimate and keeps it. One that cannot be kept holds until the next start.
func (w *Worker) measured(ctx context.Context, took time.Duration) {
	ms := max(1, took.Milliseconds())
	w.estimate(ms)
	if err := w.write(ctx, "benchmark", measured{Key: w.benchmarkKey(), Workflow: w.Workflow.ID, Benchmark: ms}); err != nil {
		w.Log.Error("the benchmark cannot be kept", "worker", w.ID, "err", err)
	}
}

func (w *Worker) estimate(benchmark int64) {
	w.set(func(s *health.Worker) {
		s.Estimates = []estimate.Estimate{{Workflow: w.Workflow.ID, BenchmarkMS: benchmark, SlotDurationMS: w.SlotDuration(benchmark)}}
	})
}

// setBenchmarking is for the first boot. Later on bookings go on, and the status tells of more than a measurement.
func (w *Worker) setBenchmarking(reason string) {
	if s := w.State().Status; s == health.Booting || s == health.Benchmarking {
		w.setStatus(health.Benchmarking, reason)
	}
}

// generate runs the offered template once, when ComfyUI has nothing else to do, and reports how long it took from the
// post to the known result. It leaves no prompt behind when ctx ends.
func (w *Worker) generate(ctx context.Context, purpose string) (time.Duration, error) {
	w.mu.Lock()
	o, runs := w.offer, w.runs
	w.mu.Unlock()
	ctx, cancel := withEither(ctx, runs)
	defer cancel()
	if err := w.waitIdle(ctx); err != nil {
		return 0, err
	}
	id := uuid.NewString()
	graph := o.template.Fill(workflow.Inputs{
		Prompt: w.Workflow.WarmupPrompt + ", " + id[:8], Seed: o.description.RandomSeed(), Name: purpose + "-" + id[:8],
	})
	run := w.client.Track(id)
	defer run.Close()
	began := time.Now()
	if err := w.client.Submit(ctx, comfy.Prompt{ID: id, Graph: graph}); err != nil {
		return 0, because(ctx, explain(err))
	}
	noted := false
	outcome, err := run.Wait(ctx, func(p comfy.Progress) {
		if p.Running && !noted {
			noted = true
			w.executorWorks()
		}
	})
	took := time.Since(began)
	if err != nil {
		w.letGo(runs, id, run)
		return 0, because(ctx, err)
	}
	defer w.remove(outcome.Files)
	switch outcome.Kind {
	case comfy.Succeeded:
		return took, nil
	case comfy.Failed:
		return 0, fmt.Errorf("the generation failed: %w", outcome.Error)
	default:
		return 0, fmt.Errorf("the generation was %v", outcome.Kind)
	}
}

// letGo takes a prompt back and waits until ComfyUI has dropped it.
func (w *Worker) letGo(runs context.Context, id string, run *comfy.Run) {
	ctx, cancel := context.WithTimeout(runs, interruptInterval)
	defer cancel()
	if err := w.client.Cancel(ctx, id); err != nil {
		return // it cannot be reached, or has ended
	}
	if outcome, err := run.Wait(ctx, nil); err == nil {
		w.remove(outcome.Files)
	}
}

// because prefers the end of the process, if that is why something failed.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// withEither ends when one of two contexts does, with its cause.
func withEither(ctx, other context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}
