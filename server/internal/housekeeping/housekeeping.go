// Package housekeeping does now and then what nobody waits for: it forgets what is old, while the clock can be trusted.
package housekeeping

import (
	"context"
	"errors"
	"log/slog"
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
	// Nothing is forgotten by its age unless the clock has gone right for steadyFor: one that is wrong for a moment would have
	// everything forgotten.
	steadyFor = 10 * time.Minute
)

// Run does the tasks every hour until ctx ends, one after the other. One that fails is tried again with the others; its
// error goes to the log.
func Run(ctx context.Context, now func() time.Time, log *slog.Logger, tasks ...func(context.Context) error) error {
	ticker := time.NewTicker(clockEvery)
	defer ticker.Stop()
	var watch clock.Watch
	var kept time.Time
	steady := time.Now()
	for {
		if watch.Jump(now()) != 0 {
			steady = time.Now()
		}
		if time.Since(steady) >= steadyFor && time.Since(kept) >= houseEvery {
			kept = time.Now()
			for _, task := range tasks {
				if err := task(ctx); err != nil && ctx.Err() == nil {
					log.Error("cannot keep house", "err", err)
				}
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Forget is the task of forgetting requests and events that are older than is promised.
func Forget(s store.Store, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		requests, events := now().Add(-keepRequests).UnixMilli(), now().Add(-keepEvents).UnixMilli()
		_, err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			return errors.Join(tx.ForgetRequests(ctx, requests), tx.ForgetEvents(ctx, events, maxForgotten))
		})
		return err
	}
}
