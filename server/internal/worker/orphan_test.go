//go:build unix

package worker_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/uuid"
)

func (r *rig) recordFile() string { return filepath.Join(r.dir, "data", "comfyui-gpu.json") }

// A service that is killed after it has started ComfyUI, and before it could keep its pid, leaves no stranger on the port.
func TestServiceKilledAsItStartedComfyUI(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.boot()
	pid := first.pid()
	first.leave()
	if err := os.Remove(r.recordFile()); err != nil {
		t.Fatal(err)
	}
	if w := r.boot(); w.pid() != pid {
		t.Errorf("pid %d, before it was killed %d", w.pid(), pid)
	}
}

// A stop that comes before the boot has found the ComfyUI of a killed service ends it all the same.
func TestStopBeforeTheBootEndsTheComfyUIOfTheServiceBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.boot()
	pid := first.pid()
	first.leave()
	stop(t, r.worker())
	if alive(pid) {
		t.Error("it lives on, and nobody knows of it any more")
	}
}

// A copy of a data folder neither takes over nor ends the ComfyUI of the service that it was copied from, whether it is to
// use the same port or another.
func TestACopyLeavesTheComfyUIItWasCopiedFromAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	original := r.boot()
	own := r.instance
	r.instance = uuid.NewString()
	w := r.worker()
	err := w.Boot(w.ctx)
	if err == nil {
		t.Fatal("the copy started on the port of the original")
	}
	says(t, err.Error(), "is taken by the ComfyUI (pid "+strconv.Itoa(original.pid())+") of another service, the one with the data folder")
	says(t, r.logged(), "belongs to another data folder and is left alone")
	stop(t, w)
	r.comfy("api_port", freePort(t))
	w = r.boot()
	if w.pid() == original.pid() {
		t.Error("the copy took over the original's ComfyUI")
	}
	stop(t, w)
	if !alive(original.pid()) {
		t.Error("the copy ended the original's ComfyUI")
	}
	r.instance = own
}

// On a full disk ComfyUI is launched all the same, and found again after a kill; its record is written when there is space.
func TestRecordThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	// A folder in the file's place refuses every write, as a full disk does.
	if err := os.MkdirAll(r.recordFile(), 0o755); err != nil {
		t.Fatal(err)
	}
	first := r.boot()
	says(t, r.logged(), "the record of ComfyUI's process cannot be written")
	first.leave()
	w := r.supervised()
	if w.pid() != first.pid() {
		t.Errorf("pid %d, before the kill %d", w.pid(), first.pid())
	}
	if err := os.Remove(r.recordFile()); err != nil {
		t.Fatal(err)
	}
	r.eventually("the record is written", func() bool {
		data, err := os.ReadFile(r.recordFile())
		return err == nil && bytes.Contains(data, []byte(strconv.Itoa(w.pid())))
	})
}

// A record of what does not run any more does no harm, and a damaged one neither.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := os.MkdirAll(filepath.Dir(r.recordFile()), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.recordFile(), []byte(`{"process": {`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := r.boot()
	says(t, r.logged(), "read the record of ComfyUI's process")
	if !alive(w.pid()) {
		t.Error("it does not run")
	}
}
