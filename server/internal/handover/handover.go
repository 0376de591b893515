// Package handover puts the files that jobs take where their ComfyUI finds them, before they start: under names made of their
// hashes, so that nothing is sent twice and no name means two things.
package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	lookEvery  = 2 * time.Second        // at the bookings
	lookAhead  = 30 * time.Minute       // of them
	maxLooked  = 100                    // bookings
	headStart  = 2 * time.Second        // before the time that sending takes
	trusted    = 5 * time.Minute        // for which a file that was there is taken to be there still
	sendLimit  = 30 * time.Minute       // for one file
	firstSpeed = 20 << 20               // bytes a second, until one was measured
	measurable = 1 << 20                // bytes of a file whose sending tells a speed
	settling   = 250 * time.Millisecond // from a booking until its files are being sent, and have been taken
	slower     = 1.25                   // times what sending takes by the measured speed
)

// ComfyUI takes files into its input folder.
type ComfyUI interface {
	InputSize(ctx context.Context, subfolder, name string) (size int64, there bool, err error)
	Upload(ctx context.Context, subfolder, name string, content io.Reader, size int64) error
}

// Source has the files that were handed in.
type Source interface {
	Content(id string) (*os.File, error) // fault.NotFound
}

// Store reads bookings and what their files are.
type Store interface {
	ListJobs(ctx context.Context, q store.Query) ([]job.Job, error)
	Asset(ctx context.Context, id string) (store.Asset, error)
}

// Config holds one ComfyUI and where its jobs and files come from.
type Config struct {
	Worker  string
	ComfyUI ComfyUI
	Source  Source
	Store   Store
	Now     func() time.Time
	Log     *slog.Logger
}

// Handover sends files to one ComfyUI. It is safe for concurrent use.
type Handover struct {
	Config
	wake chan struct{} // filled when a booking may need its files at once

	mu      sync.Mutex
	sending map[string]*sending // by asset
	speed   float64             // bytes a second
}

// sending is one file on its way, or that has arrived.
type sending struct {
	done chan struct{} // closed when it has ended; then
	at   time.Time
	name string // below the input folder
	err  error
}

// New makes the handing over of files to one ComfyUI. Nothing is sent.
func New(c Config) *Handover {
	return &Handover{Config: c, wake: make(chan struct{}, 1), sending: map[string]*sending{}, speed: firstSpeed}
}

// Run sends the files of jobs before their slots begin, early enough for their size, until ctx ends.
func (h *Handover) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.look(ctx)
		case <-h.wake:
			h.look(ctx)
		}
	}
}

// Follow takes in what has changed in the store: a booking with files may begin in a moment. It never waits.
func (h *Handover) Follow(changes []store.Change) {
	for _, c := range changes {
		for _, thing := range c.Things {
			j := thing.Job
			if j == nil || j.Worker != h.Worker || j.Status != job.Scheduled || len(j.Inputs.Assets()) == 0 {
				continue
			}
			select {
			case h.wake <- struct{}{}:
			default:
			}
		}
	}
}

// Needs returns the time that it takes from a booking until files are there, by their sizes in bytes and the measured speed.
func (h *Handover) Needs(files map[string]int64) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	missing, size := false, int64(0)
	for id, bytes := range files {
		if s := h.sending[id]; s == nil || !s.isThere() {
			missing, size = true, size+bytes
		}
	}
	if !missing {
		return 0
	}
	return settling + time.Duration(slower*float64(size)/h.speed*float64(time.Second))
}

func (h *Handover) look(ctx context.Context) {
	now := h.Now()
	soon := schedule.NewSlot(now.UnixMilli(), lookAhead.Milliseconds())
	jobs, err := h.Store.ListJobs(ctx, store.Query{
		Statuses: []job.Status{job.Scheduled},
		Worker:   h.Worker,
		Window:   &soon,
		Limit:    maxLooked,
	})
	if err != nil {
		return // the start waits for the files in any case
	}
	for _, j := range jobs {
		if ids := j.Inputs.Assets(); len(ids) > 0 && time.UnixMilli(j.Start).Sub(now) <= h.ahead(ctx, ids) {
			h.Begin(ctx, j)
		}
	}
}

// ahead returns the time before a start at which files have to be sent: what they take, by their size, and a head start.
func (h *Handover) ahead(ctx context.Context, ids []string) time.Duration {
	var size int64
	for _, id := range ids {
		if a, err := h.Store.Asset(ctx, id); err == nil {
			size += a.Size
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return headStart + lookEvery + time.Duration(float64(size)/h.speed*float64(time.Second))
}

// Begin sends the files of a job that are not there or on their way. It does not wait.
func (h *Handover) Begin(ctx context.Context, j job.Job) {
	for _, id := range j.Inputs.Assets() {
		h.begin(ctx, id)
	}
}

func (h *Handover) begin(ctx context.Context, id string) *sending {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sending[id]; s != nil && !s.isStale() {
		return s
	}
	maps.DeleteFunc(h.sending, func(_ string, s *sending) bool { return s.isStale() })
	s := &sending{done: make(chan struct{})}
	h.sending[id] = s
	go func() {
		defer close(s.done)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLimit)
		defer cancel()
		s.name, s.err = h.send(ctx, id)
		s.at = time.Now()
	}()
	return s
}

// isStale reports whether a file has to be looked for again.
func (s *sending) isStale() bool {
	select {
	case <-s.done:
		refused := new(Error)
		return s.err != nil && !errors.As(s.err, &refused) || time.Since(s.at) > trusted
	default:
		return false
	}
}

// isThere reports whether a file has arrived and is taken to be there still.
func (s *sending) isThere() bool {
	select {
	case <-s.done:
		return s.err == nil && time.Since(s.at) <= trusted/2 // a start in a moment must find it so, too
	default:
		return false
	}
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
		s := h.begin(ctx, file.Asset)
		select {
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if s.err != nil {
			return nil, s.err
		}
		values[name] = workflow.File{Input: s.name}
	}
	return values, nil
}

// send puts one file into ComfyUI's input folder, unless it is there.
func (h *Handover) send(ctx context.Context, id string) (name string, err error) {
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
	err = h.ComfyUI.Upload(ctx, workflow.HandedFolder, name, content, asset.Size)
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
