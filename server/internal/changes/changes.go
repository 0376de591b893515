// Package changes keeps things up to date with the log of changes of a store: metrics, the dispatchers, who is known, the
// live state. Each is a Follower with a place of its own in the log; Run wakes them when there is news.
package changes

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	batch = 1000        // updates that are read at once
	again = time.Second // after the log could not be read
)

// Follower is something that follows the log. It is safe for concurrent use.
type Follower struct {
	log   store.Log
	begin func(ctx context.Context) (store.Revision, error)
	apply func([]store.Change)

	mu sync.Mutex // held while it begins or applies
	at atomic.Pointer[store.Revision]
}

// New makes a follower that has not begun. begin makes what follows as it is at a revision, and gives that; it is called
// first, and again whenever the log has forgotten what came after the place of the follower. apply takes in changes, each
// of which follows on the one before. They are called one at a time, and must not use the follower.
func New(log store.Log, begin func(ctx context.Context) (store.Revision, error), apply func([]store.Change)) *Follower {
	return &Follower{log: log, begin: begin, apply: apply}
}

// FromNow is a begin for what needs nothing from before.
func FromNow(log store.Log) func(context.Context) (store.Revision, error) { return log.Revision }

// CatchUp returns when everything is applied that was committed before the call.
func (f *Follower) CatchUp(ctx context.Context) error {
	newest, err := f.log.Revision(ctx)
	if err != nil || f.reached(newest) {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.reached(newest) {
		at, err := f.step(ctx)
		if err != nil {
			return err
		}
		f.at.Store(&at)
		if at.Epoch != newest.Epoch {
			return nil // it has begun anew since the call
		}
	}
	return nil
}

// At is the place of the follower; the zero Revision before it has begun.
func (f *Follower) At() store.Revision {
	if at := f.at.Load(); at != nil {
		return *at
	}
	return store.Revision{}
}

func (f *Follower) reached(revision store.Revision) bool {
	at := f.at.Load()
	return at != nil && at.Epoch == revision.Epoch && at.Number >= revision.Number
}

// step goes on as far as one reading leads. The caller holds the lock.
func (f *Follower) step(ctx context.Context) (store.Revision, error) {
	at := f.at.Load()
	if at == nil {
		return f.begin(ctx)
	}
	changes, err := f.log.Changes(ctx, *at, batch)
	if errors.Is(err, store.ErrForgotten) {
		return f.begin(ctx)
	}
	if err != nil || len(changes) == 0 {
		return *at, err
	}
	f.apply(changes)
	return changes[len(changes)-1].Revision, nil
}

// Run has the followers catch up, in their order, whenever there is news, until ctx ends or the store is closed. What
// cannot be read is logged and read again.
func Run(ctx context.Context, s store.Log, log *slog.Logger, followers ...*Follower) error {
	for {
		newest, err := s.Revision(ctx)
		for _, f := range followers {
			if err == nil {
				err = f.CatchUp(ctx)
			}
		}
		if err == nil {
			err = s.Wait(ctx, newest)
		}
		switch {
		case ctx.Err() != nil, errors.Is(err, store.ErrClosed):
			return nil
		case err == nil:
			continue
		}
		log.Error("cannot read what has changed", "err", err)
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return nil
		}
	}
}
