// Package fleet is the lanes of the timeline: each a worker with its dispatcher, and each by itself, so that one that is down,
// booting or broken stops no other.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/handover"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/launch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measure"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/templates"
)

// Config holds the workers of a fleet, the parts that they share, and the rules for all of them.
type Config struct {
	Workers      []config.Worker // at least one, each with an id and a ComfyUI of its own
	Library      *library.Library
	WarmupPrompt string
	MeasureEvery time.Duration      // between two workflows that a worker measures unasked; 0: none is
	PartnerKey   config.Secret      // for nodes of paid services; empty: none
	Learned      *learned.Knowledge // is told what is run and measured
	Grace        time.Duration      // how long a stop waits for running jobs
	Overrun      dispatch.OverrunLimit
	Places       *placement.Workers // where jobs can go that nobody has pinned; nil: they stay
	DataDir      string
	Instance     string // the data folder's own name, which no copy of it has
	Executable   string // the service's own
	Store        store.Store
	Assets       handover.Source // files that jobs take
	MaxUpload    int64           // bytes of one of them
	Pace         Pace            // zero: that of a service
	Now          func() time.Time
	Log          *slog.Logger

	// OnWorker is told how a worker is, OnProgress how far a run is, OnMeasured what came of measuring on a worker in free time; nil: nobody
	// wants to know. All must be quick.
	OnWorker   func(health.Worker)
	OnProgress func(job.Progress)
	OnMeasured func(worker string, done measure.Done)
}

// Pace holds the waiting times of a fleet's parts. Tests hurry.
type Pace struct {
	Launch  launch.Pace
	Measure measure.Pace
}

// library returns the time after which a ComfyUI is asked again that could not be asked about workflows.
func (p Pace) library() time.Duration {
	if p.Launch.Health == 0 {
		return launch.DefaultPace().Health
	}
	return p.Launch.Health
}

// Fleet is the lanes, in the order of the configuration. It is safe for concurrent use.
type Fleet struct {
	Config
	lanes   []*Lane
	named   map[string]*Lane // by the ids of their workers
	formers []former
}

// New makes a fleet. Nothing is started.
func New(c Config) *Fleet {
	notes := notesOf(c)
	f := &Fleet{Config: c, named: map[string]*Lane{}, formers: formerWorkers(c, notes)}
	shared := &wanted{jobs: c.Store}
	for i := range c.Workers {
		l := newLane(c, i, f.formers, earlierOf(c, c.Workers[i], notes), shared)
		f.lanes, f.named[l.ID] = append(f.lanes, l), l
	}
	return f
}

// Lane finds a lane by its worker's id; the error is for whoever named it.
func (f *Fleet) Lane(worker string) (*Lane, error) {
	if l, is := f.named[worker]; is {
		return l, nil
	}
	return nil, fault.NoSuch("worker", worker)
}

// Workers returns the state of each worker.
func (f *Fleet) Workers() []health.Worker {
	var all []health.Worker
	for _, l := range f.lanes {
		all = append(all, l.Status.Get())
	}
	return all
}

// TemplateSources returns the ComfyUIs that can be asked for the templates of their pages.
func (f *Fleet) TemplateSources() []templates.Source {
	var all []templates.Source
	for _, l := range f.lanes {
		all = append(all, templates.Source{Worker: l.ID, ComfyUI: l.Engine.Client()})
	}
	return all
}

// Follow tells the lanes of changes in the store. It never waits.
func (f *Fleet) Follow(changes []store.Change) {
	taking := handover.TakingOf(changes)
	for _, l := range f.lanes {
		l.Dispatcher.Follow(changes)
		l.Files.Follow(taking)
	}
}

// Restart stops a worker's ComfyUI and starts it again, which is noted as the deed of an administrator. It does not wait.
func (f *Fleet) Restart(ctx context.Context, by account.Actor, worker string) error {
	l, err := f.Lane(worker)
	if err != nil {
		return err
	}
	if err := l.Engine.Restart(); err != nil {
		return err
	}
	_, err = f.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertEvent(ctx, audit.Event{
			At:      f.Now().UnixMilli(),
			UserID:  by.ID,
			Address: by.Address,
			Action:  audit.RestartWorker,
			Detail:  worker,
		})
	})
	return err
}

// LogTail is the end of what a worker's ComfyUI wrote, oldest line first.
func (f *Fleet) LogTail(ctx context.Context, worker string, lines int) ([]string, error) {
	l, err := f.Lane(worker)
	if err != nil {
		return nil, err
	}
	return l.Engine.LogTail(ctx, lines)
}

// Preview is the latest preview of a running job; n is 0 when there is none.
func (f *Fleet) Preview(jobID string) (n int, data []byte) {
	for _, l := range f.lanes {
		if n, data = l.Runner.Preview(jobID); n > 0 {
			return n, data
		}
	}
	return 0, nil
}

// Connect keeps the websockets of all workers until ctx ends.
func (f *Fleet) Connect(ctx context.Context) {
	f.each(func(l *Lane) { _ = l.Engine.Connect(ctx) }) // it ends with ctx
}

// Run brings all workers up, each by itself, keeps them up, and runs their jobs when their slots begin, until ctx ends. ready is
// called once, when the first can run jobs. A worker that does not come up is tried again and again; when none came up at its first
// try, that is the error, which ends the others too.
func (f *Fleet) Run(ctx context.Context, ready func() error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	f.endForgotten(ctx)
	first := &firstBoots{left: len(f.lanes), ready: ready, stop: stop}
	f.each(func(l *Lane) {
		dispatching := make(chan struct{})
		go func() {
			defer close(dispatching)
			_ = l.Dispatcher.Run(ctx) // it ends with ctx
		}()
		down := l.Engine.Boot(ctx)
		if ctx.Err() == nil && first.over(l, down) {
			l.Supervise(ctx, down)
		}
		<-dispatching
	})
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// endForgotten ends what a service that was killed has left of workers that are not in the configuration any more: they would hold
// their ports, and run what is booked anew elsewhere.
func (f *Fleet) endForgotten(ctx context.Context) {
	alone, _ := filepath.Glob(filepath.Join(f.DataDir, "comfyui-*.json")) // the patterns are well formed
	among, _ := filepath.Glob(filepath.Join(f.DataDir, "workers", "*", "comfyui.json"))
	for _, record := range append(alone, among...) {
		worker := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(record), "comfyui-"), ".json")
		if filepath.Base(record) == "comfyui.json" {
			worker = filepath.Base(filepath.Dir(record))
		}
		if _, err := f.Lane(worker); err == nil || strings.HasSuffix(worker, "-benchmark") || strings.HasSuffix(record, placesEnding) {
			continue
		}
		if err := launch.EndForgotten(ctx, record, f.Instance, f.Log); err != nil {
			f.Log.Error("the ComfyUI of a worker that is not in the configuration any more cannot be ended", "worker", worker, "err", err)
		}
	}
}

// firstBoots waits for the first boot of each lane.
type firstBoots struct {
	ready func() error
	stop  context.CancelCauseFunc

	mu     sync.Mutex
	left   int
	up     bool
	failed []error
}

// over takes in how the first boot of a lane ended, and reports whether the lane goes on.
func (b *firstBoots) over(l *Lane, err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left--
	switch {
	case err != nil:
		b.failed = append(b.failed, fmt.Errorf("ComfyUI is not ready: %w", err))
	case !b.up:
		b.up = true
		if err := b.ready(); err != nil {
			b.stop(err)
			return false
		}
	}
	if !b.up && b.left == 0 {
		b.stop(errors.Join(b.failed...)) // each is in the log with its worker
		return false
	}
	return true
}

// Stop ends every ComfyUI that the service launched, after Run. One that alone knows how a job ended is left running.
func (f *Fleet) Stop(ctx context.Context) error {
	errs := make([]error, len(f.lanes))
	var stopping sync.WaitGroup
	for i, l := range f.lanes {
		stopping.Go(func() {
			if jobID, is := l.Dispatcher.Unwritten(); is {
				f.Log.Error("ComfyUI is left running: the disk did not take how a job ended, and only ComfyUI knows; "+
					"free some space and start the service again", "worker", l.ID, "job", jobID)
				return
			}
			errs[i] = l.Engine.Stop(ctx)
		})
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// each does something with all lanes at the same time and waits for all of it.
func (f *Fleet) each(do func(*Lane)) {
	var all sync.WaitGroup
	for _, l := range f.lanes {
		all.Go(func() { do(l) })
	}
	all.Wait()
}
