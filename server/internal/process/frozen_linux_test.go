package process_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// freeze makes a process deaf to everything, a kill too, as one is that hangs in a driver. thaw takes it back.
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
		// Out of the group again, which goes away when it is empty. It may have ended.
		_ = os.WriteFile("/sys/fs/cgroup/freezer/cgroup.procs", []byte(fmt.Sprint(pid)), 0o644)
		_ = os.Remove(group)
	})
	return thaw
}

// A process that not even a kill ends does not hold up whoever stops it.
func TestStopOfWhatCannotBeEnded(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "sleeps")
	thaw := freeze(t, p.ID().PID)
	err := p.Stop(t.Context(), 0)
	stuck := new(process.StuckError)
	if !errors.As(err, &stuck) || stuck.PID != p.ID().PID ||
		!strings.HasSuffix(err.Error(), "cannot be ended, state D (uninterruptible sleep)") {
		t.Errorf("stop: %v", err)
	}
	if _, running := process.Find(p.ID()); !running {
		t.Error("it counts as ended")
	}
	thaw()
	if err := p.Stop(t.Context(), 0); err != nil {
		t.Errorf("when it can be ended again: %v", err)
	}
}
