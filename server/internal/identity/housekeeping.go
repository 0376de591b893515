package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	// idleAfter gives the time after which users who never booked are forgotten when nothing is heard of them.
	idleAfter = 30 * 24 * time.Hour
	// forgetStep bounds the tokens or users that are forgotten in one update, which bookings have to wait for.
	forgetStep = 100
	// forgetAtOnce bounds the users that are forgotten in one go.
	forgetAtOnce = 10_000
)

// KeepHouse notes when tokens were used, forgets those that are worthless, erases what deleted users have left, and
// forgets users who only ever looked in.
func (s *Service) KeepHouse(ctx context.Context) error {
	if err := s.NoteUse(ctx); err != nil {
		return err // who was here a moment ago must not be taken for somebody who was not
	}
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.ForgetTokens(ctx, s.freshSince(), forgetStep) })
	if err != nil {
		return err
	}
	if err := s.EraseDeleted(ctx); err != nil {
		return err
	}
	return s.forgetIdle(ctx)
}

// forgetIdle forgets users who never booked and were not here for long. Where users are made by invitation or by hand they
// stay: somebody wanted them.
func (s *Service) forgetIdle(ctx context.Context) error {
	if s.rules.Mode != account.Open {
		return nil
	}
	before := s.now().Add(-idleAfter).UnixMilli()
	idle, err := s.store.UnusedUsers(ctx, before, forgetAtOnce)
	for len(idle) > 0 && err == nil {
		step := idle[:min(len(idle), forgetStep)]
		idle = idle[len(step):]
		err = s.forgetUsers(ctx, step, before)
	}
	return err
}

func (s *Service) forgetUsers(ctx context.Context, ids []string, before int64) error {
	gone := map[string]bool{}
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		clear(gone)
		for _, id := range ids {
			forgotten, err := tx.ForgetUser(ctx, id, before)
			if err != nil {
				return err
			}
			if forgotten {
				gone[id] = true
			}
		}
		if len(gone) == 0 {
			return nil
		}
		detail := fmt.Sprintf("%d who never booked and were not here for %d days", len(gone), int(idleAfter.Hours()/24))
		return s.event(ctx, tx, account.Actor{}, audit.DeleteUser, detail)
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	s.heed(ctx)
	return nil
}
