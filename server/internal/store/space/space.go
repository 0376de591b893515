// Package space wraps a store and knows whether its disk takes writes, so that nothing is promised that cannot be kept.
package space

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// probeLimit bounds the time that a look for space may take.
const probeLimit = time.Second

// Store is a store that knows whether its disk takes writes. It is safe for concurrent use.
type Store struct {
	store.Store
	log  *slog.Logger
	full atomic.Bool
}

// Watch wraps a store. Closing it closes the other.
func Watch(s store.Store, log *slog.Logger) *Store { return &Store{Store: s, log: log} }

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	at, err := s.Store.Update(ctx, change)
	if errors.Is(err, store.ErrFull) && !s.full.Swap(true) {
		s.log.Error("the disk of the bookings is full: nothing can be booked or written down until there is space again", "err", err)
	}
	return at, err
}

// IsFull reports whether the last write found no space.
func (s *Store) IsFull() bool { return s.full.Load() }

// HasSpace reports whether there is space for bookings. When there was none it tries to write, for a second at most.
func (s *Store) HasSpace() bool {
	if !s.full.Load() {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
	defer cancel()
	_, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.PutRecord(ctx, "space", []byte("there is some"))
	})
	if err == nil && s.full.Swap(false) {
		s.log.Info("the disk of the bookings has space again")
	}
	return err == nil
}
