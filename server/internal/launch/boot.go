package launch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// Skipped is the error of a boot step that had nothing to do; its text says why.
type Skipped string

func (s Skipped) Error() string { return string(s) }

// Plain is for everybody: who skips a step names no paths, processes or addresses.
func (s Skipped) Plain() string { return string(s) }

// step runs one step of the boot and reports it before and after.
func (e *Engine) step(ctx context.Context, name string, do func(context.Context) (words, error)) error {
	began := time.Now()
	report := func(outcome health.Outcome, said words) {
		step := said.over(name, outcome, time.Since(began).Milliseconds())
		e.Status.Change(func(s *health.Worker) {
			if n := len(s.BootSteps); n > 0 && s.BootSteps[n-1].Name == name {
				s.BootSteps = s.BootSteps[: n-1 : n-1]
			}
			s.BootSteps = append(s.BootSteps[:len(s.BootSteps):len(s.BootSteps)], step)
		})
	}
	over := func(level slog.Level, outcome health.Outcome, said words) {
		report(outcome, said)
		e.Log.Log(ctx, level, "boot: "+name,
			"worker", e.Worker, "outcome", outcome, "elapsed_ms", time.Since(began).Milliseconds(), "detail", said.full)
	}
	report(health.Running, words{})
	said, err := do(ctx)
	var skipped Skipped
	switch {
	case err == nil:
		over(slog.LevelInfo, health.Done, said)
	case errors.As(err, &skipped):
		over(slog.LevelInfo, health.Skipped, words{skipped.Error(), plain(err, "")})
	case ctx.Err() != nil:
		over(slog.LevelInfo, health.Skipped, open("the service is being stopped"))
		return fmt.Errorf("%s: %w", name, ctx.Err())
	default:
		over(slog.LevelError, health.Failed, words{err.Error(), plain(err, forAdministrators)})
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Boot brings ComfyUI up. It returns when jobs can run, or with what went wrong; then what was started is left as it is.
func (e *Engine) Boot(ctx context.Context) error {
	e.Status.Change(func(s *health.Worker) {
		s.BootSteps = nil
		if s.Status != health.Restarting {
			s.Become(health.Booting, "ComfyUI is starting")
		}
	})
	b := &boot{Engine: e}
	for _, step := range []struct {
		name string
		do   func(context.Context) (words, error)
	}{
		{"validate", tried(e.Trial.Validate)},
		{"launch", b.launch},
		{"wait for port", b.waitForPort},
		{"connect", b.connect},
		{"warm up", tried(func(ctx context.Context) (string, error) { return e.Trial.WarmUp(ctx, b.attached) })},
		{"benchmark", tried(func(ctx context.Context) (string, error) { return e.Trial.Benchmark(ctx, b.attached) })},
	} {
		if err := e.step(ctx, step.name, step.do); err != nil {
			return err
		}
	}
	return e.step(ctx, "ready", func(context.Context) (words, error) {
		e.Status.Change(e.beUp)
		return words{}, nil
	})
}

// tried is a step that a Trial does.
func tried(do func(context.Context) (string, error)) func(context.Context) (words, error) {
	return func(ctx context.Context) (words, error) {
		detail, err := do(ctx)
		return open(detail), err
	}
}

// boot carries what one step of a boot tells the next.
type boot struct {
	*Engine
	attached bool // ComfyUI was running already
}

func (b *boot) connect(ctx context.Context) (words, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := b.client.WaitConnected(ctx); err != nil {
		if locked := lockedOut(b.ComfyUI, err); locked != nil {
			return words{}, locked
		}
		return words{}, plainly(fmt.Errorf("ComfyUI at %s opened its port, but no websocket within 30 s", b.ComfyUI.BaseURL()),
			"ComfyUI opened its port, but no websocket within 30 s")
	}
	stats, err := b.client.SystemStats(ctx)
	if err != nil {
		return words{}, err
	}
	device := "unknown"
	if len(stats.Devices) > 0 {
		device = stats.Devices[0].Name
	}
	b.Status.Change(func(s *health.Worker) { s.ComfyUIVersion, s.Device = stats.Version, device })
	if isOlder(stats.Version, oldest) {
		return words{}, openly("ComfyUI %s is too old: from %s on a single prompt can be cancelled without hitting others'; update it",
			stats.Version, oldest)
	}
	if err := b.Trial.Connected(ctx); err != nil {
		return words{}, err
	}
	b.upOnce.Do(func() { close(b.up) })
	return open(fmt.Sprintf("ComfyUI %s on %s", stats.Version, device)), nil
}

// oldest is the first version of ComfyUI that the service can work with.
const oldest = "0.3.57"

// isOlder compares two versions. One that is not made of numbers counts as new: somebody built it.
func isOlder(version, than string) bool {
	have, want := strings.Split(version, "."), strings.Split(than, ".")
	for i := range min(len(have), len(want)) {
		h, err := strconv.Atoi(have[i])
		if err != nil {
			return false
		}
		if w, _ := strconv.Atoi(want[i]); h != w {
			return h < w
		}
	}
	return false
}
