// Package app puts the service together. It is the only place where the parts meet.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/catalog"
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/instance"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/metrics"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/space"
	"github.com/comfyscheduler/comfyscheduler/server/internal/templates"
)

// Options come from the command line, beside a configuration.
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
	learned   *learned.Knowledge
	places    *placement.Workers
	wereUp    sync.Map // workers that were ready once, by id
	feed      *feed.Feed[*rpc.Delta]
	identity  *identity.Service
	booking   *booking.Service
	library   *library.Library
	fleet     *fleet.Fleet
	assets    *assets.Assets
	templates *templates.Templates
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
