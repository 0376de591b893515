package app

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// probeLimit is how long a look for space may take.
const probeLimit = time.Second

// space is a store that knows whether its disk takes writes.
type space struct {
	store.Store
	log  *slog.Logger
	full atomic.Bool
}

// Update implements store.Store.
func (s *space) Update(ctx context.Context, change func(store.Tx) error) error {
	err := s.Store.Update(ctx, change)
	if errors.Is(err, store.ErrFull) && !s.full.Swap(true) {
		s.log.Error("the disk of the bookings is full: nothing can be booked or written down until there is space again", "err", err)
	}
	return err
}

// left reports whether there is space for bookings. When there was none it tries to write.
func (s *space) left() bool {
	if !s.full.Load() {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
	defer cancel()
	err := s.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord("space", []byte("there is some")) })
	if err == nil && s.full.Swap(false) {
		s.log.Info("the disk of the bookings has space again")
	}
	return err == nil
}
