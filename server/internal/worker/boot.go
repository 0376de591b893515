package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/system"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// errSkipped marks a boot step that had nothing to do; its text says why.
type errSkipped string

func (e errSkipped) Error() string { return string(e) }

// step runs one step of the boot and reports it before and after.
func (w *Worker) step(ctx context.Context, name string, do func(context.Context) (detail string, err error)) error {
	began := time.Now()
	report := func(outcome system.Outcome, detail string) {
		step := system.BootStep{Name: name, Outcome: outcome, ElapsedMS: time.Since(began).Milliseconds(), Detail: detail}
		w.set(func(s *system.Worker) {
			if n := len(s.BootSteps); n > 0 && s.BootSteps[n-1].Name == name {
				s.BootSteps = s.BootSteps[: n-1 : n-1]
			}
			s.BootSteps = append(s.BootSteps[:len(s.BootSteps):len(s.BootSteps)], step)
		})
	}
	over := func(level slog.Level, outcome system.Outcome, detail string) {
		report(outcome, detail)
		w.Log.Log(ctx, level, "boot: "+name, "worker", w.ID, "outcome", outcome, "elapsed_ms", time.Since(began).Milliseconds(), "detail", detail)
	}
	report(system.Running, "")
	detail, err := do(ctx)
	var skipped errSkipped
	switch {
	case err == nil:
		over(slog.LevelInfo, system.Done, detail)
	case errors.As(err, &skipped):
		over(slog.LevelInfo, system.Skipped, skipped.Error())
	default:
		over(slog.LevelError, system.Failed, err.Error())
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Boot brings ComfyUI up. It returns when jobs can run, or with what went wrong.
func (w *Worker) Boot(ctx context.Context) error {
	w.set(func(s *system.Worker) {
		s.BootSteps = nil
		if s.Status != system.Restarting {
			s.Status, s.Reason = system.Booting, "ComfyUI is starting"
		}
	})
	b := &boot{Worker: w}
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"validate", b.validate},
		{"launch", b.launch},
		{"wait for port", b.waitForPort},
		{"connect", b.connect},
		{"warm up", b.warmUp},
		{"benchmark", b.benchmark},
	} {
		if err := w.step(ctx, step.name, step.do); err != nil {
			return err
		}
	}
	return w.step(ctx, "ready", func(context.Context) (string, error) {
		w.setStatus(system.Ready, "")
		return "", nil
	})
}

// boot is what the steps of one boot tell each other.
type boot struct {
	*Worker
	attached    bool  // ComfyUI was running already
	stored      int64 // benchmark of an earlier boot, in milliseconds; 0: none
	description workflow.Description
}

// validate keeps the template, so that jobs booked with it can run after it was edited.
func (b *boot) validate(ctx context.Context) (string, error) {
	template, err := asStored(b.Template)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("workflow %s, %d nodes", b.Template.ID, b.Template.NodeCount()),
		b.Store.Update(ctx, func(tx store.Tx) error { return tx.PutTemplate(template) })
}

func (b *boot) connect(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := b.client.WaitConnected(ctx); err != nil {
		return "", fmt.Errorf("ComfyUI at %s opened its port, but no websocket within 30 s", b.ComfyUI.BaseURL())
	}
	stats, err := b.client.SystemStats(ctx)
	if err != nil {
		return "", err
	}
	b.set(func(s *system.Worker) {
		s.ComfyUIVersion, s.Device = stats.Version, "unknown"
		if len(stats.Devices) > 0 {
			s.Device = stats.Devices[0].Name
		}
	})
	if err := b.describe(ctx); err != nil {
		return "", err
	}
	b.upOnce.Do(func() { close(b.up) })
	return fmt.Sprintf("ComfyUI %s on %s", b.State().ComfyUIVersion, b.State().Device), nil
}

// describe asks ComfyUI what the template's nodes accept and refuses a template that it cannot run.
func (b *boot) describe(ctx context.Context) error {
	classes := map[string]workflow.Class{}
	for _, name := range b.Template.Classes() {
		class, known, err := b.client.ObjectInfo(ctx, name)
		if err != nil {
			return fmt.Errorf("ask ComfyUI about the class %s: %w", name, err)
		}
		if known {
			classes[name] = classOf(class)
		}
	}
	b.description = b.Template.Describe(classes)
	if len(b.description.Problems) > 0 {
		var texts []string
		for _, p := range b.description.Problems {
			texts = append(texts, "\n  "+p.Text)
		}
		return fmt.Errorf("this ComfyUI cannot run the workflow %s:%s", b.Template.ID, strings.Join(texts, ""))
	}
	b.OnWorkflow(b.description)
	return nil
}

// warmUp loads the models, so that the first job does not wait for that.
func (b *boot) warmUp(ctx context.Context) (string, error) {
	var known measured
	found, err := b.read(ctx, "benchmark", &known)
	if err != nil {
		return "", err
	}
	if found && known.Key == b.benchmarkKey() {
		b.stored = known.Benchmark
		b.estimate(b.stored)
	}
	if reason, busy := b.busy(ctx, 2*b.stored); busy {
		return "", errSkipped(reason)
	}
	b.setBenchmarking("the models are being loaded")
	_, err = b.generate(ctx, "warm-up")
	return "", err
}

// benchmark measures a generation as a job's is: with a prompt and a seed that ComfyUI has not seen.
func (b *boot) benchmark(ctx context.Context) (string, error) {
	if b.stored > 0 {
		if b.attached {
			return "", errSkipped(fmt.Sprintf("measured before: %d ms", b.stored))
		}
		if reason, busy := b.busy(ctx, 2*b.stored); busy {
			return "", errSkipped(fmt.Sprintf("%s; measured before: %d ms", reason, b.stored))
		}
	}
	b.setBenchmarking("a generation is being measured")
	took, err := b.generate(ctx, "benchmark")
	if err != nil {
		return "", err
	}
	ms := max(1, took.Milliseconds())
	b.estimate(ms)
	return fmt.Sprintf("%d ms", ms), b.write(ctx, "benchmark", measured{Key: b.benchmarkKey(), Benchmark: ms})
}

func (w *Worker) estimate(benchmark int64) {
	w.set(func(s *system.Worker) {
		s.Estimates = []system.Estimate{{Workflow: w.Template.ID, BenchmarkMS: benchmark, SlotDurationMS: w.SlotDuration(benchmark)}}
	})
}

func (w *Worker) setBenchmarking(reason string) {
	if w.State().Status != system.Restarting {
		w.setStatus(system.Benchmarking, reason)
	}
}

// busy reports whether a measurement of that many milliseconds would get into the way of a job, or a job into its way.
// Without a stored benchmark there is no choice: it has to be measured.
func (b *boot) busy(ctx context.Context, ms int64) (reason string, busy bool) {
	if b.stored == 0 {
		return "", false
	}
	if b.attached {
		return "ComfyUI was running already", true
	}
	next, err := b.Store.NextScheduled(ctx, b.ID)
	if err == nil && next.Start <= b.Now().UnixMilli()+ms {
		return "a booked slot falls due meanwhile", true
	}
	return "", false
}

// generate runs the template once and reports how long it took from the post to the known result.
func (b *boot) generate(ctx context.Context, purpose string) (time.Duration, error) {
	id := uuid.NewString()
	graph := b.Template.Fill(workflow.Inputs{
		Prompt: b.WarmupPrompt + ", " + id[:8], Seed: b.description.RandomSeed(), Name: purpose + "-" + id[:8],
	})
	b.mu.Lock()
	runs := b.runs
	b.mu.Unlock()
	ctx, cancel := withEither(ctx, runs)
	defer cancel()
	run := b.client.Track(id)
	defer run.Close()
	began := time.Now()
	if err := b.client.Submit(ctx, comfy.Prompt{ID: id, Graph: graph}); err != nil {
		return 0, b.because(ctx, explain(err))
	}
	outcome, err := run.Wait(ctx, nil)
	took := time.Since(began)
	if err != nil {
		return 0, b.because(ctx, err)
	}
	defer b.remove(outcome.Files)
	switch outcome.Kind {
	case comfy.Succeeded:
		return took, nil
	case comfy.Failed:
		return 0, fmt.Errorf("the generation failed: %w", outcome.Error)
	default:
		return 0, fmt.Errorf("the generation was %v", outcome.Kind)
	}
}

// because prefers the end of the process, if that is why something failed.
func (w *Worker) because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// asStored is the template as the store keeps it.
func asStored(t *workflow.Template) (store.Template, error) {
	bindings, err := json.Marshal(t.Bindings())
	return store.Template{Hash: t.Hash, Workflow: t.ID, Title: t.Title, Graph: t.Source(), Bindings: bindings}, err
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
