package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

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
	if _, err := w.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, w.key(name), data) }); err != nil {
		return fmt.Errorf("keep the record of %s: %w", name, err)
	}
	return nil
}

// note keeps what the next service must know of ComfyUI. When the disk is full, this one goes on knowing it.
func (w *Worker) note(change func(*record)) {
	if err := w.record.change(change); err != nil {
		w.Log.Error("the record of ComfyUI's process cannot be written, it will be when that works again", "worker", w.ID, "err", err)
	}
}

// clientID is the websocket client id of this instance.
func (w *Worker) clientID() string {
	id := w.record.get().ClientID
	if id == "" {
		id = uuid.NewString()
		w.keepClientID(id)
	}
	return id
}

func (w *Worker) keepClientID(id string) { w.note(func(r *record) { r.ClientID = id }) }

// benchmarkKey changes with everything that makes a measured duration worthless.
func (w *Worker) benchmarkKey() string {
	s := w.State()
	sum := sha256.Sum256([]byte(w.offered().template.Hash + "\n" + s.Device + "\n" + s.ComfyUIVersion))
	return hex.EncodeToString(sum[:])
}
