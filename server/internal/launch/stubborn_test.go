//go:build unix

package launch_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// A ComfyUI that cannot be ended, as one whose driver hangs, is told as that. Nothing is started beside it; requests to
// restart are taken, and when it can be ended after all the worker goes on.
func TestComfyUIThatCannotBeEnded(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	pid := w.PID()
	mortal := make(chan struct{})
	die := sync.OnceFunc(func() { close(mortal) })
	t.Cleanup(die)
	w.Undying(mortal)
	if err := w.Restart(); err != nil {
		t.Fatal(err)
	}
	r.Eventually("it is told", func() bool { return w.State().Status == health.Offline })
	if reason := w.State().Reason; reason != fmt.Sprintf("ComfyUI (pid %d) cannot be ended: restart the machine", pid) {
		t.Errorf("reason: %s", reason)
	}
	fleettest.Says(t, r.Logged(), fmt.Sprintf("pid %d cannot be ended, state D (uninterruptible sleep)", pid))
	tries := func() int { return strings.Count(r.Logged(), "ComfyUI is down") }
	for range 2 {
		before := tries()
		if err := w.Restart(); err != nil {
			t.Fatal(err)
		}
		r.Eventually("it is tried again", func() bool { return tries() > before })
	}
	if !fleettest.Alive(pid) || w.PID() != pid {
		t.Errorf("another was started beside it: pid %d", w.PID())
	}
	die()
	r.Eventually("it is ready again", func() bool { return w.State().Status == health.Ready })
	if fleettest.Alive(pid) {
		t.Error("the one that hung lives on")
	}
	if o := w.RunJob(r.NewJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}

// A stop does not wait for it, and leaves it on record for the next start.
func TestStopWithAComfyUIThatCannotBeEnded(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	mortal := make(chan struct{})
	die := sync.OnceFunc(func() { close(mortal) })
	t.Cleanup(die)
	w.Undying(mortal)
	if err := w.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("pid %d cannot be ended, state D", w.PID())) {
		t.Errorf("stop: %v", err)
	}
	record, err := os.ReadFile(recordFile(t, r))
	if err != nil || !bytes.Contains(record, []byte(strconv.Itoa(w.PID()))) {
		t.Errorf("record: %s (%v)", record, err)
	}
	fleettest.Says(t, r.Logged(), "cannot be ended: restart the machine")
	die()
	fleettest.StopWell(t, w)
	if record, _ := os.ReadFile(recordFile(t, r)); bytes.Contains(record, []byte(strconv.Itoa(w.PID()))) {
		t.Errorf("record of what has ended: %s", record)
	}
}

// restarting makes the rig's ComfyUI one that ends well at its first starts, as ComfyUI-Manager makes it do after it has
// installed something.
func restarting(t *testing.T, r *fleettest.Rig, times int) {
	t.Helper()
	script := fmt.Sprintf(`#!/bin/sh
echo start >> starts
[ $(wc -l < starts) -gt %d ] || exit 0
shift
exec '%s' simulate --start-time 10ms --step-time 10ms --load-time 10ms "$@"
`, times, os.Args[0])
	for name, text := range map[string]string{"python": script, "main.py": ""} {
		if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.Configuration["comfy_ui"] = map[string]any{
		"installation_type": "local",
		"root_path":         ".",
		"python_executable": "./python",
		"output_dir":        "output",
		"api_port":          fleettest.FreePort(t),
	}
}

func TestComfyUIThatEndsToBeStartedAgain(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	restarting(t, r, 3)
	w := r.Boot()
	fleettest.Says(t, r.Logged(), "ComfyUI has ended to be started again")
	if w.State().Status != health.Ready {
		t.Errorf("state: %+v", w.State())
	}
	fleettest.StopWell(t, w)
	// Not for ever.
	r = fleettest.New(t)
	restarting(t, r, 4)
	w = r.Worker()
	err := w.Boot(w.Ctx)
	if err == nil {
		t.Fatal("it was started a fifth time")
	}
	fleettest.Says(t, err.Error(), "ComfyUI ended (exit status 0)")
}

// A stop in the middle of the boot is no error.
func TestStopDuringTheBootIsNotLoggedAsAnError(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	r.Comfy("extra_args", []string{"--start-time", "10ms", "--load-time", "10m"})
	w := r.Worker()
	booting := make(chan error, 1)
	go func() { booting <- w.Boot(w.Ctx) }()
	r.Eventually("the models are being loaded", func() bool { return w.State().Status == health.Benchmarking })
	w.Leave()
	if err := <-booting; err == nil {
		t.Error("it booted")
	}
	if strings.Contains(r.Logged(), "level=ERROR") {
		t.Error("a stop was logged as an error")
	}
	_ = syscall.Kill(-w.PID(), syscall.SIGKILL)
}
