package app

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// latestEnded bounds the ended jobs that the live state begins with.
const latestEnded = 100

// followChanges keeps everything up to date with the store until the function that it gives is called, which waits for the end.
func (a *App) followChanges(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = changes.Run(ctx, a.store, a.Log, a.live, a.identity.Changes(), changes.New(a.store, changes.FromNow(a.store), a.fleet.Follow))
	}()
	return func() {
		cancel()
		<-done
	}
}

// follow passes on what was committed, at the end to those who watch: they find the numbers as they are told.
func (a *App) follow(news []store.Change) {
	a.metrics.Follow(news)
	a.feed.Apply(news)
	a.catalog.Follow(news)
}

// loadFeed fills the live state with what the store holds at a revision.
func (a *App) loadFeed(ctx context.Context) (store.Revision, error) {
	var active, ended []job.Job
	var pauses []schedule.Pause
	var outages []schedule.Outage
	at, err := a.store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if active, err = tx.ActiveJobs(ctx); err != nil {
			return err
		}
		if ended, err = tx.LatestEnded(ctx, latestEnded); err != nil {
			return err
		}
		if outages, err = tx.Outages(ctx); err != nil {
			return err
		}
		pauses, err = tx.Pauses(ctx)
		return err
	})
	if err != nil {
		return at, err
	}
	a.feed.Load(at, active, ended)
	for _, j := range active {
		a.metrics.JobWritten(j)
	}
	a.catalog.SetPauses(pauses)
	a.catalog.SetOutages(outages)
	return at, nil
}

// showWorkflows shows what is known before a ComfyUI answers.
func (a *App) showWorkflows() {
	a.feed.SetSystem(a.catalog.State())
	a.catalog.SetWorkflows(a.library.Workflows())
}

func (a *App) workerChanged(w health.Worker) {
	a.metrics.WorkerChanged(w)
	a.catalog.SetWorker(w)
	if w.Status != health.Ready {
		return
	}
	if _, known := a.wereUp.LoadOrStore(w.ID, true); !known {
		a.booking.WorkerUp()
	}
}
