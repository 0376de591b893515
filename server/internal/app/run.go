package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/housekeeping"
)

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
	var connections sync.WaitGroup
	connections.Go(func() { a.fleet.Connect(connection) })
	defer connections.Wait()
	defer disconnect()

	parts, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, func() {
		close(a.stopping)
		a.feed.Notify()
	})
	if a.Config.Server.OpenWhileBooting {
		if err := a.open(server); err != nil {
			return err
		}
	}
	parts.Go(func() error { return server.wait(ctx) })
	parts.Go(func() error { a.library.Watch(ctx); return nil })
	parts.Go(func() error { a.library.Run(ctx); return nil })
	defer a.followChanges(context.WithoutCancel(ctx))() // to the end of the parts, the last job's included
	parts.Go(func() error { a.learned.Run(ctx); return nil })
	parts.Go(func() error { return a.booking.KeepPausesClear(ctx, a.Log) })
	parts.Go(func() error {
		return housekeeping.Run(ctx, clock.Now, a.Log, housekeeping.Forget(a.store, clock.Now), a.identity.KeepHouse, a.assets.Sweep)
	})
	parts.Go(func() error { return a.rpc.SendHeartbeats(ctx) })
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

// endLimit bounds the time that ComfyUI and open requests may take to end.
const endLimit = 15 * time.Second
