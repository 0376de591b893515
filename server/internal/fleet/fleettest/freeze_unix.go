//go:build unix

package fleettest

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// Kill sends a signal.
func Kill(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

// Freeze makes ComfyUI deaf without ending it.
func (w *Worker) Freeze() {
	Kill(w.rig.t, w.PID(), syscall.SIGSTOP)
	client := http.Client{Timeout: 200 * time.Millisecond}
	w.rig.Eventually("ComfyUI is frozen", func() bool {
		res, err := client.Get(fmt.Sprintf("http://127.0.0.1:%v/system_stats", w.rig.Port()))
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil
	})
}
