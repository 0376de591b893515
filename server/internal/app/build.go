package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/catalog"
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/metrics"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/space"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/templates"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// gatherConnections delays news of connections that come and go, so that many are told at once.
const gatherConnections = 200 * time.Millisecond

// build makes the parts, in the order in which they need each other. Nothing is started.
func (a *App) build(ctx context.Context) (err error) {
	c := a.Config
	presenter := rpc.Presenter{Policy: c.Policy(), Version: a.Version, Limits: c.UserLimits()}
	a.feed = feed.New(gatherConnections, presenter.Delta)
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
	if err := a.openAssets(presenter); err != nil {
		return err
	}
	a.library = library.New(library.Config{
		Store:    a.store,
		Sources:  sources(c),
		Folder:   filepath.FromSlash(c.Workflows.Folder),
		Policy:   presenter.Policy,
		Now:      clock.Now,
		Log:      a.Log,
		OnChange: func(all []workflow.Workflow) { a.catalog.SetWorkflows(all) },
	})
	if err := a.library.Load(ctx); err != nil {
		return err
	}
	if err := a.learn(ctx); err != nil {
		return err
	}
	a.places = &placement.Workers{Estimator: a.learned, Models: &placement.Models{}}
	if a.fleet, err = a.newFleet(); err != nil {
		return err
	}
	a.catalog = catalog.New(catalog.Config{
		Now:         clock.Now,
		OnState:     a.feed.SetSystem,
		OnWorkflows: a.feed.SetWorkflows,
		Library:     a.library,
	}, a.fleet.Workers()...)
	a.places.Offers, a.places.IsReady = a.catalog, a.catalog.IsReady
	if err := a.buildIdentity(ctx); err != nil {
		return err
	}
	a.live = changes.New(a.store, a.loadFeed, a.follow)
	a.showWorkflows()
	if err := a.buildFace(presenter); err != nil {
		return err
	}
	if err := a.takeOver(ctx); err != nil {
		return err
	}
	return a.live.CatchUp(ctx)
}

// buildIdentity makes what knows the users, and sees to it that one of them is an administrator.
func (a *App) buildIdentity(ctx context.Context) error {
	c := a.Config
	rules := identity.Rules{Mode: c.Access.Mode, Tokens: c.Limits.Tokens, TokenLife: c.Access.TokenLife()}
	a.identity = identity.New(a.store, rules, clock.Now)
	a.identity.OnChange(a.feed.Notify)
	return a.ensureAdministrator(ctx, filepath.Join(c.Server.DataDir, "admin-token"))
}

// buildFace makes the use cases, and the server that callers reach them by.
func (a *App) buildFace(presenter rpc.Presenter) (err error) {
	c := a.Config
	a.booking = booking.New(booking.Config{
		Store:     a.store,
		Offers:    a.catalog,
		Estimator: a.learned,
		Limits:    presenter.Limits,
		Now:       clock.Now,
		Stopping:  a.stopping,
		Measured:  func() bool { return a.catalog.State().IsMeasured() },
		HasSpace:  a.store.HasSpace,
		Lead:      a.fleet.Lead,
		Transfer:  a.fleet.Transfer,
		Models:    a.places.Models,
	})
	a.identity.OnLeave(a.places.Left)
	a.templates = templates.New(a.fleet.TemplateSources())
	a.rpc = &rpc.Server{
		Booking:  a.booking,
		Identity: a.identity,
		Feed:     a.feed,
		Live:     a.live,
		Store:    a.store,
		OpenResult: func(ctx context.Context, j job.Job, n int) (io.ReadCloser, int64, error) {
			file, err := a.fleet.OpenOwn(ctx, j, n)
			if err != nil {
				return nil, 0, err
			}
			return file, file.Size, nil
		},
		Workers:   a.fleet,
		Assets:    a.assets,
		Templates: a.templates,
		Estimator: a.learned,
		Learned:   a.learned,
		Catalog:   a.catalog,
		Library:   a.library,
		Shrink: func(ctx context.Context, result string) ([]byte, error) {
			return files.Thumbnail(ctx, a.fleet, result, workflowPicture)
		},
		Presenter:  presenter,
		CookieName: fmt.Sprintf("comfyscheduler_%d", c.Server.Port),
		TokenLife:  c.Access.TokenLife(),
		Exposed:    c.Server.IsExposed(),
		Refusals:   a.refusals,
		Serving:    a.booking.IsOpen,
		Stopping:   a.stopping,
		Now:        clock.Now,
		Log:        a.Log,
	}
	return nil
}

// workflowPicture is the width of the pictures of workflows, in pixels.
const workflowPicture = 640

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

// Assets is the folder of a configuration that holds the content of what people handed in.
func Assets(c *config.Config) string { return filepath.Join(c.Server.DataDir, "assets") }

func (a *App) openAssets(presenter rpc.Presenter) error {
	c := a.Config
	if err := os.RemoveAll(filepath.Join(c.Server.DataDir, "uploads")); err != nil { // where an earlier version had them, for an hour
		return err
	}
	var err error
	a.assets, err = assets.New(assets.Config{
		Store:    a.store,
		Policy:   presenter.Policy,
		Folder:   Assets(c),
		Limits:   c.Uploads.Limits(),
		HasSpace: a.store.HasSpace,
		Now:      clock.Now,
		Log:      a.Log,
	})
	return err
}
