package app

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	keepRequests = 48 * time.Hour       // the id of a booking
	keepEvents   = 180 * 24 * time.Hour // who did what; AdminService.ListAuditEvents says so too
	maxForgotten = 5000                 // events forgotten in one step, which bookings have to wait for

	houseEvery = time.Hour
	clockEvery = time.Minute
	// steadyFor is how long the clock must have gone right before anything is forgotten by its age: a clock that is wrong
	// for a moment would have everything forgotten.
	steadyFor = 10 * time.Minute
)

// housekeep forgets what is not needed any more and notes which tokens are in use, until ctx ends.
func (a *App) housekeep(ctx context.Context) error {
	ticker := time.NewTicker(clockEvery)
	defer ticker.Stop()
	var watch clock.Watch
	var kept time.Time
	steady := time.Now()
	for {
		if watch.Jump(clock.Now()) != 0 {
			steady = time.Now()
		}
		if time.Since(steady) >= steadyFor && time.Since(kept) >= houseEvery {
			kept = time.Now()
			if err := a.keepHouse(ctx); err != nil && ctx.Err() == nil {
				a.Log.Error("cannot keep house", "err", err)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *App) keepHouse(ctx context.Context) error {
	now := clock.Now()
	err := a.store.Update(ctx, func(tx store.Tx) error {
		return errors.Join(tx.ForgetRequests(now.Add(-keepRequests).UnixMilli()), tx.ForgetEvents(now.Add(-keepEvents).UnixMilli(), maxForgotten))
	})
	return errors.Join(err, a.identity.KeepHouse(ctx))
}
