package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

const shownLines = 15 // of ComfyUI's output in an error

// launch starts ComfyUI, or attaches to the one that the service before has left.
func (b *boot) launch(ctx context.Context) (string, error) {
	if b.ComfyUI.Installation == config.Remote {
		b.attached = true
		return "", errSkipped("ComfyUI at " + b.ComfyUI.BaseURL() + " is not the service's to start")
	}
	if detail, ok, err := b.attach(ctx); ok || err != nil {
		return detail, err
	}
	if err := b.checkPort(ctx); err != nil {
		return "", err
	}
	// ComfyUI makes its output folder itself; the simulated one's root is the service's own.
	if err := os.MkdirAll(b.ComfyUI.OutputDir, 0o755); err != nil {
		return "", fmt.Errorf("make the output folder: %w", err)
	}
	started, err := b.start()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("pid %d, output in %s", started.PID, b.logFile()), nil
}

// start starts ComfyUI and records it. Killed in between, the service finds it by its mark.
func (b *boot) start() (process.ID, error) {
	started, err := process.Start(b.spec())
	if err != nil {
		return process.ID{}, err
	}
	b.hold(started)
	b.note(func(r *record) {
		r.Process, r.StartedAt, r.Port, r.Threads = started.ID(), b.Now().UnixMilli(), b.ComfyUI.Port, nil
	})
	return started.ID(), nil
}

// attach takes over a ComfyUI that the service before has left running. One that does not answer, or was started for
// another configuration, is ended first.
func (b *boot) attach(ctx context.Context) (detail string, ok bool, err error) {
	left, found := b.left()
	if !found {
		return "", false, nil
	}
	running := left.process
	reason := "it does not answer"
	for since := time.Now(); ctx.Err() == nil && time.Since(since) < b.pace.sickAfter; sleep(ctx, b.pace.port) {
		asking, cancel := context.WithTimeout(ctx, b.pace.sickAfter)
		stats, err := b.client.SystemStats(asking)
		cancel()
		switch {
		case err == nil && b.isOwn(stats.Argv):
			b.hold(running)
			b.executor.recall(running.ID(), b.record.get().Threads)
			b.attached = true
			return fmt.Sprintf("found pid %d of the service before", running.ID().PID), true, nil
		case err == nil || left.port != b.ComfyUI.Port:
			reason = "it was started for another configuration"
			since = time.Time{}
		case errors.Is(err, comfy.ErrUnreachable) && b.Now().Sub(left.since) < time.Duration(b.ComfyUI.StartTimeout):
			since = time.Now() // its port is not open yet: it is starting
		}
	}
	if ctx.Err() != nil {
		return "", false, ctx.Err()
	}
	b.Log.Warn("ending the ComfyUI of the service before", "worker", b.ID, "pid", running.ID().PID, "reason", reason)
	if err := running.Stop(ctx, b.pace.stopGrace); err != nil {
		return "", false, fmt.Errorf("the ComfyUI of the service before: %w: restart the machine", err)
	}
	return "", false, nil
}

// isOwn recognises a ComfyUI by the arguments that it was started with. Those before --listen are the program's own,
// and some node packs drop one of them when they restart ComfyUI.
func (w *Worker) isOwn(argv []string) bool {
	tail := func(args []string) []string { return args[max(0, slices.Index(args, "--listen")):] }
	return slices.Equal(tail(argv), tail(w.spec().Args))
}

// program is a ComfyUI that was started here.
type program interface {
	ID() process.ID
	Done() <-chan struct{}
	Exit() string
	Stop(ctx context.Context, grace time.Duration) error
}

var _ program = (*process.Process)(nil)

// hold makes the process the worker's own. Runs end when it does.
func (w *Worker) hold(p program) {
	runs, lost := context.WithCancelCause(context.Background())
	w.mu.Lock()
	w.process, w.runs, w.lost = p, runs, lost
	w.mu.Unlock()
	go func() {
		<-p.Done()
		lost(&exitError{exit: p.Exit(), lines: process.Tail(w.logFile(), shownLines)})
	}()
}

// exitError says that ComfyUI ended.
type exitError struct {
	exit  string
	lines []string
}

func (e *exitError) Error() string {
	if len(e.lines) == 0 {
		return fmt.Sprintf("ComfyUI ended (%s) without a word", e.exit)
	}
	return fmt.Sprintf("ComfyUI ended (%s); its last lines:\n    %s", e.exit, strings.Join(e.lines, "\n    "))
}

// freeAfter is how long the port of a ComfyUI that was just ended may still be open.
const freeAfter = 2 * time.Second

// checkPort refuses a port that something else listens on: ComfyUI would find out only after its whole start.
func (b *boot) checkPort(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, freeAfter)
	defer cancel()
	who := "another program"
	for asking.Err() == nil && who == "another program" {
		connection, err := new(net.Dialer).DialContext(asking, "tcp", b.ComfyUI.Address())
		if err != nil && asking.Err() == nil {
			return nil
		}
		if err == nil {
			_ = connection.Close()
		}
		if stats, err := b.client.SystemStats(asking); err == nil {
			who = "a ComfyUI " + stats.Version + " that the service did not start"
		}
		sleep(asking, b.pace.port)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if other, found := b.other(); found {
		return fmt.Errorf("port %d (comfy_ui.api_port) is taken by %s: stop that service or choose another port", b.ComfyUI.Port, other)
	}
	return fmt.Errorf("port %d (comfy_ui.api_port) is taken by %s: stop it, choose another port, or use installation_type \"remote\" to work with it", b.ComfyUI.Port, who)
}

// spec is how ComfyUI is started.
func (w *Worker) spec() process.Spec {
	c := w.ComfyUI
	spec := process.Spec{Path: c.Python, Dir: c.RootPath, Env: []string{"PYTHONUTF8=1", markVariable + "=" + w.mark()}, LogFile: w.logFile()}
	switch c.Installation {
	case config.Portable:
		spec.Args = []string{"-s", "main.py", "--windows-standalone-build"}
	case config.Local:
		spec.Args = []string{"main.py"}
	case config.Simulated:
		spec.Path, spec.Dir = w.Executable, ""
		spec.Args = []string{"simulate", "--base-directory", c.RootPath}
	}
	spec.Args = append(spec.Args,
		"--listen", c.Host, "--port", strconv.Itoa(c.Port), "--output-directory", c.OutputDir, "--disable-auto-launch", "--preview-method", "auto")
	spec.Args = append(spec.Args, c.ExtraArgs...)
	return spec
}

// maxAgain is how often in a row a ComfyUI is started again that ends by itself in its first minute without an error.
const (
	maxAgain    = 3
	firstMinute = time.Minute
)

// waitForPort waits until ComfyUI answers. One that ends at once, and well, means to be started again: ComfyUI-Manager does
// so after it has installed what node packs need.
func (b *boot) waitForPort(ctx context.Context) (string, error) {
	for again := 0; ; again++ {
		began := time.Now()
		detail, err := b.waitForAnswer(ctx)
		ended := new(exitError)
		if !errors.As(err, &ended) || ended.exit != process.ExitedWell || time.Since(began) > firstMinute || again == maxAgain {
			return detail, err
		}
		b.Log.Info("ComfyUI has ended to be started again", "worker", b.ID, "time", again+1, "of_at_most", maxAgain)
		if err := b.startOver(ctx); err != nil {
			return "", err
		}
	}
}

// startOver is for a ComfyUI that has ended by itself. On Windows it has started its successor already.
func (b *boot) startOver(ctx context.Context) error {
	if err := b.end(ctx); err != nil { // children that outlived it
		return err
	}
	if successor, found := b.left(); found {
		b.hold(successor.process)
		return nil
	}
	_, err := b.start()
	return err
}

// waitForAnswer waits until ComfyUI answers, which it does as soon as its port is open.
func (b *boot) waitForAnswer(ctx context.Context) (string, error) {
	timeout := time.Duration(b.ComfyUI.StartTimeout)
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	b.mu.Lock()
	runs := b.runs
	b.mu.Unlock()
	var last error
	for waiting.Err() == nil {
		if runs.Err() != nil {
			return "", context.Cause(runs)
		}
		stats, err := b.client.SystemStats(waiting)
		switch {
		case err == nil && (b.ComfyUI.Installation == config.Remote || b.isOwn(stats.Argv)):
			return b.ComfyUI.BaseURL(), nil
		case lockedOut(b.ComfyUI, err) != nil:
			return "", lockedOut(b.ComfyUI, err)
		case err == nil:
			err = errors.New("another ComfyUI answers there")
		case last == nil && b.ComfyUI.Installation == config.Remote:
			b.Log.Warn("no ComfyUI answers yet: is it running, and is the address right?", "worker", b.ID, "url", b.ComfyUI.BaseURL(), "wait_at_most", timeout, "err", err)
		}
		last = err
		sleep(waiting, b.pace.port)
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if b.ComfyUI.Installation == config.Remote {
		return "", fmt.Errorf("there is no ComfyUI at %s (waited %v): start it, or correct comfy_ui.api_host and api_port; %w", b.ComfyUI.BaseURL(), timeout, last)
	}
	lines := strings.Join(process.Tail(b.logFile(), shownLines), "\n    ")
	return "", fmt.Errorf("ComfyUI has not opened port %d within %v (comfy_ui.start_timeout); its last lines:\n    %s", b.ComfyUI.Port, timeout, lines)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
