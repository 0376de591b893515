package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Begin sends the files of a job that are not there or on their way. It does not wait.
func (h *Handover) Begin(ctx context.Context, j job.Job) {
	for _, id := range j.Inputs.Assets() {
		h.begin(ctx, id)
	}
}

func (h *Handover) begin(ctx context.Context, id string) *sending {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.sending[id]
	if before != nil && !before.dropped && !before.isStale() {
		before.asked++
		return before
	}
	maps.DeleteFunc(h.sending, func(_ string, s *sending) bool { return s.isStale() })
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLimit)
	s := &sending{done: make(chan struct{}), end: cancel}
	h.sending[id] = s
	go func() {
		defer close(s.done)
		defer cancel()
		if before != nil {
			<-before.done // two would write one file
		}
		s.name, s.err = h.send(ctx, id, s)
		s.at = time.Now()
	}()
	return s
}

// endUnneeded ends what is on its way for jobs that do not need it here any more: they were cancelled, say, or moved to another worker.
// ComfyUI keeps nothing of a file that did not come whole.
func (h *Handover) endUnneeded(ctx context.Context) {
	for id, asked := range h.onTheirWay() {
		awaited, err := h.Store.AssetAwaited(ctx, id, h.Worker)
		if err != nil || awaited {
			continue
		}
		h.mu.Lock()
		if s := h.sending[id]; s != nil && s.asked == asked && !s.isDone() { // nobody has asked for it since
			s.dropped = true
			s.end()
			h.Log.Info("stopped sending a file to ComfyUI that no job needs there any more", "worker", h.Worker, "asset", id)
		}
		h.mu.Unlock()
	}
}

// onTheirWay returns how often each file was asked for that is being sent.
func (h *Handover) onTheirWay() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := map[string]int{}
	for id, s := range h.sending {
		if !s.dropped && !s.isDone() {
			asked[id] = s.asked
		}
	}
	return asked
}

// wasDropped reports whether the sending of a file was ended before the file was there.
func (h *Handover) wasDropped(s *sending) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.dropped && s.err != nil
}

// Error says that a file of a job cannot be handed over, for people.
type Error struct{ Message string }

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Finish waits for the files of a job, which it sends where that has not begun, and returns the job's values with the names that the
// files have in ComfyUI's input folder. Errors are *Error, comfy.ErrUnreachable, that of ctx, and others of the connection.
func (h *Handover) Finish(ctx context.Context, j job.Job) (workflow.Values, error) {
	values := maps.Clone(j.Inputs)
	for name, value := range values {
		file, is := value.(workflow.File)
		if !is || file.Asset == "" {
			continue
		}
		below, err := h.wait(ctx, file.Asset)
		if err != nil {
			return nil, err
		}
		values[name] = workflow.File{Input: below}
	}
	return values, nil
}

// wait returns the name of a file below ComfyUI's input folder when it is there.
func (h *Handover) wait(ctx context.Context, id string) (name string, err error) {
	for {
		s := h.begin(ctx, id)
		select {
		case <-s.done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if !h.wasDropped(s) {
			return s.name, s.err
		}
	}
}

// send puts one file into ComfyUI's input folder, unless it is there.
func (h *Handover) send(ctx context.Context, id string, s *sending) (name string, err error) {
	asset, err := h.Store.Asset(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return "", errGone
	}
	if err != nil {
		return "", err
	}
	name = assets.FileName(asset)
	below := workflow.HandedFolder + "/" + name
	if size, there, err := h.ComfyUI.InputSize(ctx, workflow.HandedFolder, name); err != nil || there && size == asset.Size {
		return below, err
	}
	content, err := h.Source.Content(id)
	if fault.Is(err, fault.NotFound) {
		return "", errGone
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }()
	began := time.Now()
	err = h.ComfyUI.Upload(ctx, workflow.HandedFolder, name, io.TeeReader(content, s), asset.Size)
	var refused *comfy.StatusError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge:
		return "", &Error{fmt.Sprintf("the file of %d bytes is larger than its ComfyUI takes (--max-upload-size)", asset.Size)}
	case errors.As(err, &refused):
		return "", &Error{"ComfyUI did not take a file of the job: " + refused.Error()}
	case err != nil:
		return "", err
	}
	h.noteSpeed(asset.Size, time.Since(began))
	h.Log.Info("handed a file to ComfyUI", "worker", h.Worker, "asset", id, "bytes", asset.Size, "ms", time.Since(began).Milliseconds())
	return below, nil
}

var errGone = &Error{"a file that the job takes is not there any more"}

// noteSpeed keeps how fast files go, an average that forgets.
func (h *Handover) noteSpeed(size int64, took time.Duration) {
	if size < measurable || took <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.speed = (h.speed + float64(size)/took.Seconds()) / 2
}

// sending is one file on its way, or that has arrived.
type sending struct {
	sent    atomic.Int64 // bytes that went to ComfyUI
	end     func()       // ends it
	asked   int          // how often it was asked for again
	dropped bool         // it was ended, nobody needs it

	done chan struct{} // closed when it has ended; then
	at   time.Time
	name string // below the input folder
	err  error
}

// Write implements io.Writer: it counts what is sent.
func (s *sending) Write(p []byte) (int, error) {
	s.sent.Add(int64(len(p)))
	return len(p), nil
}

// underWay returns how many bytes need not be sent any more; of what is not being sent none.
func (s *sending) underWay() int64 {
	if s == nil || s.dropped || s.isDone() {
		return 0
	}
	return s.sent.Load()
}

func (s *sending) isDone() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// isStale reports whether a file has to be looked for again.
func (s *sending) isStale() bool {
	refused := new(Error)
	return s.isDone() && (s.err != nil && !errors.As(s.err, &refused) || time.Since(s.at) > trusted)
}

// isThere reports whether a file has arrived and is taken to be there still.
func (s *sending) isThere() bool {
	return s.isDone() && s.err == nil && time.Since(s.at) <= trusted/2 // a start in a moment must find it so, too
}
