// Package handover puts the files that jobs take where their ComfyUI finds them, before they start: under names made of their
// hashes, so that nothing is sent twice and no name means two things.
package handover

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
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
	AssetAwaited(ctx context.Context, id, worker string) (bool, error)
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

// New makes the handing over of files to one ComfyUI. Nothing is sent.
func New(c Config) *Handover {
	return &Handover{Config: c, wake: make(chan struct{}, 1), sending: map[string]*sending{}, speed: firstSpeed}
}

// Run sends the files of jobs before their slots begin, early enough for their size, and ends what no job needs any more, until ctx ends.
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

// Taking is a job that takes files.
type Taking struct {
	Job    *job.Job
	Assets []string // that it takes
}

// TakingOf picks the jobs that take files out of what has changed in the store: once for all lanes.
func TakingOf(changes []store.Change) (all []Taking) {
	for i := range changes {
		for _, thing := range changes[i].Things {
			if thing.Job == nil {
				continue
			}
			if ids := thing.Job.Inputs.Assets(); len(ids) > 0 {
				all = append(all, Taking{thing.Job, ids})
			}
		}
	}
	return all
}

// Follow takes in which jobs have changed: one may begin in a moment, or may not need any more what is on its way. It never waits.
func (h *Handover) Follow(changed []Taking) {
	if !slices.ContainsFunc(changed, h.concerns) {
		return
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// concerns reports whether something may have to be sent, or not to be sent on, because a job has changed.
func (h *Handover) concerns(t Taking) bool {
	if t.Job.Worker == h.Worker && t.Job.Status == job.Scheduled {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(t.Assets, func(id string) bool { return h.sending[id] != nil && !h.sending[id].isDone() })
}

// Needs returns the time that it takes from a booking until files are there, by their sizes in bytes and the measured speed. Of one that
// is on its way only what is left counts.
func (h *Handover) Needs(files map[string]int64) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	missing, size := false, int64(0)
	for id, bytes := range files {
		if s := h.sending[id]; s == nil || !s.isThere() {
			missing, size = true, size+max(0, bytes-s.underWay())
		}
	}
	if !missing {
		return 0
	}
	return settling + time.Duration(slower*float64(size)/h.speed*float64(time.Second))
}

// look begins what has to be sent by now, and ends what need not be sent any more: in this order, so that what goes on is never begun
// anew.
func (h *Handover) look(ctx context.Context) {
	h.beginNear(ctx)
	h.endUnneeded(ctx)
}

func (h *Handover) beginNear(ctx context.Context) {
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
