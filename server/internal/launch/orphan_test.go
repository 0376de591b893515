//go:build unix

package launch_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/google/uuid"
)

func recordFile(t *testing.T, r *fleettest.Rig) string {
	return filepath.Join(r.Dir, "data", "comfyui-gpu.json")
}

// A service that is killed after it has started ComfyUI, and before it could keep its pid, leaves no stranger on the port.
func TestServiceKilledAsItStartedComfyUI(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	pid := first.PID()
	first.Leave()
	if err := os.Remove(recordFile(t, r)); err != nil {
		t.Fatal(err)
	}
	if w := r.Boot(); w.PID() != pid {
		t.Errorf("pid %d, before it was killed %d", w.PID(), pid)
	}
}

// A stop that comes before the boot has found the ComfyUI of a killed service ends it all the same.
func TestStopBeforeTheBootEndsTheComfyUIOfTheServiceBefore(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	pid := first.PID()
	first.Leave()
	fleettest.StopWell(t, r.Worker())
	if fleettest.Alive(pid) {
		t.Error("it lives on, and nobody knows of it any more")
	}
}

// A copy of a data folder neither takes over nor ends the ComfyUI of the service that it was copied from, whether it is to
// use the same port or another.
func TestACopyLeavesTheComfyUIItWasCopiedFromAlone(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	original := r.Boot()
	own := r.Instance
	r.Instance = uuid.NewString()
	w := r.Worker()
	err := w.Boot(w.Ctx)
	if err == nil {
		t.Fatal("the copy started on the port of the original")
	}
	taken := "is taken by the ComfyUI (pid " + strconv.Itoa(original.PID()) + ") of another service, the one with the data folder"
	fleettest.Says(t, err.Error(), taken)
	fleettest.Says(t, r.Logged(), "belongs to another data folder and is left alone")
	fleettest.StopWell(t, w)
	r.Comfy("api_port", fleettest.FreePort(t))
	w = r.Boot()
	if w.PID() == original.PID() {
		t.Error("the copy took over the original's ComfyUI")
	}
	fleettest.StopWell(t, w)
	if !fleettest.Alive(original.PID()) {
		t.Error("the copy ended the original's ComfyUI")
	}
	r.Instance = own
}

// On a full disk ComfyUI is launched all the same, and found again after a kill; its record is written when there is space.
func TestRecordThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	// A folder in the file's place refuses every write, as a full disk does.
	if err := os.MkdirAll(recordFile(t, r), 0o755); err != nil {
		t.Fatal(err)
	}
	first := r.Boot()
	fleettest.Says(t, r.Logged(), "the record of ComfyUI's process cannot be written")
	first.Leave()
	w := r.Supervised()
	if w.PID() != first.PID() {
		t.Errorf("pid %d, before the kill %d", w.PID(), first.PID())
	}
	if err := os.Remove(recordFile(t, r)); err != nil {
		t.Fatal(err)
	}
	r.Eventually("the record is written", func() bool {
		data, err := os.ReadFile(recordFile(t, r))
		return err == nil && bytes.Contains(data, []byte(strconv.Itoa(w.PID())))
	})
}

// A record of what does not run any more does no harm, and a damaged one neither.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	if err := os.MkdirAll(filepath.Dir(recordFile(t, r)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordFile(t, r), []byte(`{"process": {`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := r.Boot()
	fleettest.Says(t, r.Logged(), "read the record of ComfyUI's process")
	if !fleettest.Alive(w.PID()) {
		t.Error("it does not run")
	}
}
