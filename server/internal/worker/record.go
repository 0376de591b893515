package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// launched is what must be known to find a ComfyUI again that outlived the service. It is kept once before the start, when
// only the arguments are known, and once after it.
type launched struct {
	Process process.ID `json:"process"`
	At      int64      `json:"at_ms"`
	Port    int        `json:"port"`
	Args    []string   `json:"args,omitempty"`
}

// find is the recorded process, if it is running.
func (l launched) find() (*process.Process, bool) {
	if l.Process.PID != 0 {
		return process.Find(l.Process)
	}
	return process.FindByArgs(l.Args)
}

// measured is a benchmark and what it was measured on.
type measured struct {
	Key       string `json:"key"` // hash of workflow, device and ComfyUI's version
	Workflow  string `json:"workflow"`
	Benchmark int64  `json:"benchmark_ms"`
}

func (w *Worker) key(name string) string { return "worker/" + w.ID + "/" + name }

func (w *Worker) read(ctx context.Context, name string, into any) (found bool, err error) {
	data, err := w.Store.Record(ctx, w.key(name))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return false, fmt.Errorf("read the record of %s: %w", name, err)
	}
	return true, nil
}

func (w *Worker) write(ctx context.Context, name string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := w.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(w.key(name), data) }); err != nil {
		return fmt.Errorf("keep the record of %s: %w", name, err)
	}
	return nil
}

// clientID is the websocket client id, kept so that a restarted service gets the frames of a run that goes on.
func (w *Worker) clientID(ctx context.Context) (string, error) {
	var id string
	if found, err := w.read(ctx, "client_id", &id); found || err != nil {
		return id, err
	}
	id = uuid.NewString()
	return id, w.write(ctx, "client_id", id)
}

func (w *Worker) keepClientID(id string) {
	if err := w.write(context.Background(), "client_id", id); err != nil {
		w.Log.Error("cannot keep the new client id", "worker", w.ID, "err", err)
	}
}

// benchmarkKey changes with everything that makes a measured duration worthless.
func (w *Worker) benchmarkKey() string {
	s := w.State()
	sum := sha256.Sum256([]byte(w.offered().template.Hash + "\n" + s.Device + "\n" + s.ComfyUIVersion))
	return hex.EncodeToString(sum[:])
}
