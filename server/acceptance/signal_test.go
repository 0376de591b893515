//go:build linux

package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// One that was started to outlive its terminal does, and is stopped as ever.
func TestNohupSurvivesTheHangUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Wrap = []string{"nohup"}
	s.start()
	s.signal(syscall.SIGHUP)
	if _, body := s.get("/healthz"); len(body) == 0 {
		t.Error("it does not answer any more")
	}
	ignored, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.PID()))
	if err != nil {
		t.Fatal(err)
	}
	var mask uint64
	for line := range strings.Lines(string(ignored)) {
		if rest, is := strings.CutPrefix(line, "SigIgn:"); is {
			if _, err := fmt.Sscanf(strings.TrimSpace(rest), "%x", &mask); err != nil {
				t.Fatal(err)
			}
		}
	}
	if mask&(1<<(syscall.SIGHUP-1)) == 0 {
		t.Error("the hang-up is not ignored")
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	if code := s.process.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A ComfyUI that not even a kill ends, as one that hangs in a driver, does not hold up the stop of the service.
func TestStopDoesNotWaitForAComfyUIThatCannotBeEnded(t *testing.T) {
	alone(t)
	t.Parallel()
	s := newSite(t).start()
	pid := s.ComfyPIDs()[0]
	thaw := freeze(t, pid)
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	if code := s.process.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	wantAll(t, s.log.String(), fmt.Sprintf("ComfyUI (pid %d) cannot be ended: restart the machine", pid),
		fmt.Sprintf("pid %d cannot be ended, state D (uninterruptible sleep)", pid))
	// The next start knows it, and starts nothing beside it.
	wantAll(t, s.fails(), "the ComfyUI of the service before", fmt.Sprintf("pid %d cannot be ended", pid))
	thaw()
	if pids := s.start().ComfyPIDs(); len(pids) != 1 || pids[0] == pid {
		t.Errorf("ComfyUI afterwards: %v, before %d", pids, pid)
	}
}

// freeze makes a process deaf to everything, a kill too. thaw takes it back.
func freeze(t *testing.T, pid int) (thaw func()) {
	t.Helper()
	group := fmt.Sprintf("/sys/fs/cgroup/freezer/comfyscheduler-test-%d", pid)
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Skipf("needs the rights of root and the freezer of cgroup v1: %v", err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(group, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("cgroup.procs", fmt.Sprint(pid))
	write("freezer.state", "FROZEN")
	thaw = func() { write("freezer.state", "THAWED") }
	t.Cleanup(func() {
		thaw()
		_ = os.WriteFile("/sys/fs/cgroup/freezer/cgroup.procs", fmt.Append(nil, pid), 0o644) // it may have ended
		_ = os.Remove(group)
	})
	return thaw
}
