package worker

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

// errSkipped marks a boot step that had nothing to do; its text says why.
type errSkipped string

func (e errSkipped) Error() string { return string(e) }

// step runs one step of the boot and reports it before and after.
func (w *Worker) step(ctx context.Context, name string, do func(context.Context) (detail string, err error)) error {
	began := time.Now()
	report := func(outcome health.Outcome, detail string) {
		step := health.BootStep{Name: name, Outcome: outcome, ElapsedMS: time.Since(began).Milliseconds(), Detail: detail}
		w.set(func(s *health.Worker) {
			if n := len(s.BootSteps); n > 0 && s.BootSteps[n-1].Name == name {
				s.BootSteps = s.BootSteps[: n-1 : n-1]
			}
			s.BootSteps = append(s.BootSteps[:len(s.BootSteps):len(s.BootSteps)], step)
		})
	}
	over := func(level slog.Level, outcome health.Outcome, detail string) {
		report(outcome, detail)
		w.Log.Log(ctx, level, "boot: "+name, "worker", w.ID, "outcome", outcome, "elapsed_ms", time.Since(began).Milliseconds(), "detail", detail)
	}
	report(health.Running, "")
	detail, err := do(ctx)
	var skipped errSkipped
	switch {
	case err == nil:
		over(slog.LevelInfo, health.Done, detail)
	case errors.As(err, &skipped):
		over(slog.LevelInfo, health.Skipped, skipped.Error())
	case ctx.Err() != nil:
		over(slog.LevelInfo, health.Skipped, "the service is being stopped")
		return fmt.Errorf("%s: %w", name, ctx.Err())
	default:
		over(slog.LevelError, health.Failed, err.Error())
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Boot brings ComfyUI up. It returns when jobs can run, or with what went wrong.
func (w *Worker) Boot(ctx context.Context) error {
	w.set(func(s *health.Worker) {
		s.BootSteps = nil
		if s.Status != health.Restarting {
			s.Status, s.Reason = health.Booting, "ComfyUI is starting"
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
		w.setReady()
		return "", nil
	})
}

// boot is what the steps of one boot tell each other.
type boot struct {
	*Worker
	attached bool  // ComfyUI was running already
	stored   int64 // benchmark of an earlier boot, in milliseconds; 0: none
	fresh    bool  // stored is of this workflow as it is, on this ComfyUI
}

// validate keeps the template. Paths and the template itself were checked with the configuration.
func (b *boot) validate(ctx context.Context) (string, error) {
	t := b.offered().template
	return fmt.Sprintf("workflow %s, %d nodes", t.ID, t.NodeCount()), b.keep(ctx, t)
}

func (b *boot) connect(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := b.client.WaitConnected(ctx); err != nil {
		if locked := lockedOut(b.ComfyUI, err); locked != nil {
			return "", locked
		}
		return "", fmt.Errorf("ComfyUI at %s opened its port, but no websocket within 30 s", b.ComfyUI.BaseURL())
	}
	stats, err := b.client.SystemStats(ctx)
	if err != nil {
		return "", err
	}
	b.set(func(s *health.Worker) {
		s.ComfyUIVersion, s.Device = stats.Version, "unknown"
		if len(stats.Devices) > 0 {
			s.Device = stats.Devices[0].Name
		}
	})
	if isOlder(stats.Version, oldest) {
		return "", fmt.Errorf("ComfyUI %s is too old: from %s on a single prompt can be cancelled without hitting others'; update it", stats.Version, oldest)
	}
	if err := b.takeStock(ctx); err != nil {
		return "", err
	}
	b.upOnce.Do(func() { close(b.up) })
	return fmt.Sprintf("ComfyUI %s on %s", b.State().ComfyUIVersion, b.State().Device), nil
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
