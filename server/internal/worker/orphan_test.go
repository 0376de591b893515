//go:build unix

package worker_test

import (
	"encoding/json"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// A service that is killed after it has started ComfyUI, and before it could keep its pid, leaves no stranger on the port.
func TestServiceKilledAsItStartedComfyUI(t *testing.T) {
	r := newRig(t)
	first := r.boot()
	pid := first.pid()
	first.leave()
	r.forgetPID()
	if w := r.boot(); w.pid() != pid {
		t.Errorf("pid %d, before it was killed %d", w.pid(), pid)
	}
}

// forgetPID makes the record of the process what it was before the start.
func (r *rig) forgetPID() {
	r.t.Helper()
	const key = "worker/gpu/process"
	data, err := r.store.Record(r.t.Context(), key)
	if err != nil {
		r.t.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(data, &record); err != nil {
		r.t.Fatal(err)
	}
	record["process"] = map[string]any{}
	if data, err = json.Marshal(record); err != nil {
		r.t.Fatal(err)
	}
	if err := r.store.Update(r.t.Context(), func(tx store.Tx) error { return tx.PutRecord(key, data) }); err != nil {
		r.t.Fatal(err)
	}
}

// A stop that comes before the boot has found the ComfyUI of a killed service ends it all the same.
func TestStopBeforeTheBootEndsTheComfyUIOfTheServiceBefore(t *testing.T) {
	r := newRig(t)
	first := r.boot()
	pid := first.pid()
	first.leave()
	r.worker().Stop(t.Context())
	if alive(pid) {
		t.Error("it lives on, and nobody knows of it any more")
	}
}
