// Package app puts the service together. It is the only place where the parts meet.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/catalog"
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/housekeeping"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/instance"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/metrics"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/space"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// latestEnded is how many ended jobs the live state begins with.
const latestEnded = 100

// gatherConnections is how long connections that come and go are gathered before they are told.
const gatherConnections = 200 * time.Millisecond

// Options are what the command line adds to a configuration.
type Options struct {
	Config  *config.Config
	Version string
	Log     *slog.Logger
	// OnReady is told the addresses when the port is open.
	OnReady func(urls []string)
}

// App is the service.
type App struct {
	Options
	folder    instance.Instance
	store     *space.Store
	catalog   *catalog.Catalog
	estimates *estimate.Benchmarks
	feed      *feed.Feed[*rpc.Delta]
	identity  *identity.Service
	booking   *booking.Service
	library   *library.Library
	fleet     *fleet.Fleet
	metrics   *metrics.Metrics
	live      *changes.Follower // keeps feed and metrics up to date with store
	refusals  *refusal.Log
	rpc       *rpc.Server
	stopping  chan struct{} // closed when the service begins to stop
}

// Run is the service from its start to its end: it returns when ctx has ended and everything is stopped, or with what
// kept it from working.
func Run(ctx context.Context, o Options) (err error) {
	lock, err := lockData(o.Config.Server.DataDir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	folder, err := instance.Open(o.Config.Server.DataDir)
	if err != nil {
		return err
	}
	if folder.CopyOf != "" {
		o.Log.Warn("this data folder is a copy: the ComfyUI of the service that works with the other is left alone", "copy_of", folder.CopyOf)
	}
	a := &App{Options: o, folder: folder, stopping: make(chan struct{})}
	// Building is quick and not interrupted: who is asked to stop meanwhile stops in the usual order.
	if err := a.build(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.store.Close()) }()
	return a.run(ctx)
}

// lockData keeps a second service from the same bookings.
func lockData(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder (server.data_dir): %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data folder (server.data_dir): %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("another service works with the data folder %s: stop it, or give this one a server.data_dir of its own", dir)
	}
	return lock, nil
}

func (a *App) build(ctx context.Context) (err error) {
	c := a.Config
	outlook := rpc.Outlook{Policy: c.Access.Policy(), Version: a.Version, Limits: c.UserLimits()}
	a.feed = feed.New(gatherConnections, outlook.Delta)
	a.metrics = metrics.New(func() int { return a.feed.Presence().Connections })
	a.refusals = refusal.New(a.Log, func(k refusal.Kind) { a.metrics.Refused(string(k)) }, clock.Now)
	bookings, err := sqlite.Open(ctx, Bookings(c))
	if err != nil {
		return err
	}
	a.store = space.Watch(a.metrics.Timed(bookings), a.Log)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.store.Close())
		}
	}()
	a.estimates = estimate.NewBenchmarks(c.Scheduler.Estimates())
	a.library = library.New(library.Config{Store: a.store, Sources: sources(c), Log: a.Log, OnChange: a.workflowOffered})
	if a.fleet, err = a.newFleet(); err != nil {
		return err
	}
	a.catalog = catalog.New(catalog.Config{
		Now:         clock.Now,
		OnState:     a.feed.SetSystem,
		OnWorkflows: a.feed.SetWorkflows,
		Runs:        a.library.Runs,
	}, a.fleet.Workers()...)
	a.identity = identity.New(a.store, identity.Rules{Mode: c.Access.Mode, Tokens: c.Limits.Tokens, TokenLife: c.Access.TokenLife()}, clock.Now)
	a.identity.OnChange(a.feed.Rouse)
	if err := a.ensureAdministrator(ctx, filepath.Join(c.Server.DataDir, "admin-token")); err != nil {
		return err
	}
	a.live = changes.New(a.store, a.loadFeed, a.follow)
	a.showWorkflows()
	a.booking = booking.New(booking.Config{
		Store:     a.store,
		Offers:    a.catalog,
		Estimator: a.estimates,
		Limits:    outlook.Limits,
		Now:       clock.Now,
		Stopping:  a.stopping,
		Measured:  func() bool { return a.catalog.State().IsMeasured() },
		HasSpace:  a.store.HasSpace,
	})
	a.rpc = &rpc.Server{
		Booking: a.booking, Identity: a.identity, Feed: a.feed, Live: a.live, Store: a.store, Workers: a.fleet,
		Outlook: outlook, CookieName: fmt.Sprintf("comfyscheduler_%d", c.Server.Port), TokenLife: c.Access.TokenLife(), Exposed: c.Server.IsExposed(), Refusals: a.refusals,
		Serving: a.booking.IsOpen, Stopping: a.stopping, Now: clock.Now, Log: a.Log,
	}
	if err := a.takeOver(ctx); err != nil {
		return err
	}
	return a.live.CatchUp(ctx)
}

func (a *App) ensureAdministrator(ctx context.Context, file string) error {
	broken, err := a.identity.EnsureAdministrator(ctx, file)
	if err == nil && broken {
		a.Log.Warn("the file of the administrator's token held none: another administrator was made, and the file holds its token", "file", file)
	}
	return err
}

// Bookings is the file of a configuration that holds everything that must not be lost.
func Bookings(c *config.Config) string {
	return filepath.Join(c.Server.DataDir, "bookings.db")
}

// follow passes on what was committed.
func (a *App) follow(news []store.Change) {
	a.metrics.Follow(news)
	for _, c := range news {
		var jobs []job.Job
		for _, thing := range c.Things {
			switch {
			case thing.Job != nil:
				jobs = append(jobs, *thing.Job)
			case thing.User != nil:
				a.feed.RenameUser(thing.Key, thing.User.Name)
			case thing.Kind == store.PauseKind && thing.Pause != nil:
				a.catalog.SetPause(*thing.Pause)
			case thing.Kind == store.PauseKind:
				a.catalog.EndPause(thing.Key)
			}
		}
		// Last: whoever watches finds the numbers as they are told.
		if len(jobs) > 0 {
			a.feed.JobsWritten(jobs)
		}
	}
}

// loadFeed fills the live state with what the store holds at a revision.
func (a *App) loadFeed(ctx context.Context) (store.Revision, error) {
	var active, ended []job.Job
	var pauses []schedule.Pause
	at, err := a.store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if active, err = tx.ActiveJobs(ctx); err != nil {
			return err
		}
		if ended, err = tx.LatestEnded(ctx, latestEnded); err != nil {
			return err
		}
		pauses, err = tx.Pauses(ctx)
		return err
	})
	if err != nil {
		return at, err
	}
	a.feed.Load(active, ended)
	for _, j := range active {
		a.metrics.JobWritten(j)
	}
	a.catalog.SetPauses(pauses)
	return at, nil
}

// showWorkflows shows what is known before a ComfyUI answers.
func (a *App) showWorkflows() {
	a.feed.SetSystem(a.catalog.State())
	for _, w := range a.library.Workflows() {
		a.workflowOffered(w)
	}
}

func (a *App) workerChanged(w health.Worker) {
	a.metrics.WorkerChanged(w)
	a.catalog.SetWorker(w)
}

func (a *App) workflowOffered(w workflow.Workflow) {
	a.catalog.SetWorkflow(w)
}

// run works until ctx ends or a part fails. Then the parts end in this order: bookings and streams, the running job,
// ComfyUI, the port.
func (a *App) run(ctx context.Context) error {
	handler, err := a.handler()
	if err != nil {
		return err
	}
	server := &server{handler: handler, config: a.Config.Server, stopping: a.stopping, failed: make(chan error, 1)}
	if err := server.check(); err != nil {
		return err
	}
	connection, disconnect := context.WithCancel(context.WithoutCancel(ctx))
	defer disconnect()
	go a.fleet.Connect(connection) // until disconnected

	parts, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, func() {
		close(a.stopping)
		a.feed.Rouse()
	})
	if a.Config.Server.OpenWhileBooting {
		if err := a.open(server); err != nil {
			return err
		}
	}
	parts.Go(func() error { return server.wait(ctx) })
	parts.Go(func() error { a.library.Watch(ctx); return nil })
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx)) // to the end of the parts, the last job's included
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		_ = changes.Run(following, a.store, a.Log, a.live, a.identity.Changes(), changes.New(a.store, changes.FromNow(a.store), a.fleet.Follow))
	}()
	defer func() { unfollow(); <-followed }()
	parts.Go(func() error { return a.booking.KeepPausesClear(ctx, a.Log) })
	parts.Go(func() error {
		return housekeeping.Run(ctx, clock.Now, a.Log, housekeeping.Forget(a.store, clock.Now), a.identity.KeepHouse)
	})
	parts.Go(func() error { return a.rpc.Pulse(ctx) })
	parts.Go(func() error { return a.refusals.Run(ctx) })
	parts.Go(func() error { return a.fleet.Run(ctx, func() error { return a.openWhenReady(server) }) })
	err = parts.Wait()

	ending, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	return errors.Join(err, a.fleet.Stop(ending), server.stop(ending))
}

// openWhenReady opens the port when the first worker is ready, unless it is open already.
func (a *App) openWhenReady(server *server) error {
	if a.Config.Server.OpenWhileBooting {
		return nil
	}
	return a.open(server)
}

func (a *App) open(server *server) error {
	urls, err := server.open()
	if err != nil {
		return err
	}
	for _, exposed := range a.exposures() {
		a.Log.Warn(exposed)
	}
	a.OnReady(urls)
	return nil
}

// endLimit is how long ComfyUI and open requests may take to end.
const endLimit = 15 * time.Second
