//go:build unix

package worker_test

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
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// A ComfyUI that cannot be ended, as one whose driver hangs, is told as that. Nothing is started beside it; requests to
// restart are taken, and when it can be ended after all the worker goes on.
func TestComfyUIThatCannotBeEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	pid := w.pid()
	mortal := make(chan struct{})
	die := sync.OnceFunc(func() { close(mortal) })
	t.Cleanup(die)
	w.Undying(mortal)
	if err := w.Restart(); err != nil {
		t.Fatal(err)
	}
	r.eventually("it is told", func() bool { return w.State().Status == health.Offline })
	if reason := w.State().Reason; reason != fmt.Sprintf("ComfyUI (pid %d) cannot be ended: restart the machine", pid) {
		t.Errorf("reason: %s", reason)
	}
	says(t, r.logged(), fmt.Sprintf("pid %d cannot be ended, state D (uninterruptible sleep)", pid))
	tries := func() int { return strings.Count(r.logged(), "ComfyUI is down") }
	for range 2 {
		before := tries()
		if err := w.Restart(); err != nil {
			t.Fatal(err)
		}
		r.eventually("it is tried again", func() bool { return tries() > before })
	}
	if !alive(pid) || w.pid() != pid {
		t.Errorf("another was started beside it: pid %d", w.pid())
	}
	die()
	r.eventually("it is ready again", func() bool { return w.State().Status == health.Ready })
	if alive(pid) {
		t.Error("the one that hung lives on")
	}
	if o := w.run(r.newJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}

// A stop does not wait for it, and leaves it on record for the next start.
func TestStopWithAComfyUIThatCannotBeEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.boot()
	mortal := make(chan struct{})
	die := sync.OnceFunc(func() { close(mortal) })
	t.Cleanup(die)
	w.Undying(mortal)
	if err := w.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("pid %d cannot be ended, state D", w.pid())) {
		t.Errorf("stop: %v", err)
	}
	record, err := os.ReadFile(r.recordFile())
	if err != nil || !bytes.Contains(record, []byte(strconv.Itoa(w.pid()))) {
		t.Errorf("record: %s (%v)", record, err)
	}
	says(t, r.logged(), "cannot be ended: restart the machine")
	die()
	stop(t, w)
	if record, _ := os.ReadFile(r.recordFile()); bytes.Contains(record, []byte(strconv.Itoa(w.pid()))) {
		t.Errorf("record of what has ended: %s", record)
	}
}

// restarting makes the rig's ComfyUI one that ends well at its first starts, as ComfyUI-Manager makes it do after it has
// installed something.
func (r *rig) restarting(times int) {
	r.t.Helper()
	script := fmt.Sprintf(`#!/bin/sh
echo start >> starts
[ $(wc -l < starts) -gt %d ] || exit 0
shift
exec '%s' simulate --start-time 10ms --step-time 10ms --load-time 10ms "$@"
`, times, os.Args[0])
	for name, text := range map[string]string{"python": script, "main.py": ""} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o755); err != nil {
			r.t.Fatal(err)
		}
	}
	r.configuration["comfy_ui"] = map[string]any{
		"installation_type": "local", "root_path": ".", "python_executable": "./python", "output_dir": "output", "api_port": freePort(r.t),
	}
}

func TestComfyUIThatEndsToBeStartedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.restarting(3)
	w := r.boot()
	says(t, r.logged(), "ComfyUI has ended to be started again")
	if w.State().Status != health.Ready {
		t.Errorf("state: %+v", w.State())
	}
	stop(t, w)
	// Not for ever.
	r = newRig(t)
	r.restarting(4)
	w = r.worker()
	err := w.Boot(w.ctx)
	if err == nil {
		t.Fatal("it was started a fifth time")
	}
	says(t, err.Error(), "ComfyUI ended (exit status 0)")
}

// A stop in the middle of the boot is no error.
func TestStopDuringTheBootIsNotLoggedAsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.comfy("extra_args", []string{"--start-time", "10ms", "--load-time", "10m"})
	w := r.worker()
	booting := make(chan error, 1)
	go func() { booting <- w.Boot(w.ctx) }()
	r.eventually("the models are being loaded", func() bool { return w.State().Status == health.Benchmarking })
	w.leave()
	if err := <-booting; err == nil {
		t.Error("it booted")
	}
	if strings.Contains(r.logged(), "level=ERROR") {
		t.Error("a stop was logged as an error")
	}
	_ = syscall.Kill(-w.pid(), syscall.SIGKILL)
}
