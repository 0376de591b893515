package booking

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func (s *Service) mayBookMore(ctx context.Context, tx store.Tx, user account.User) error {
	if s.Limits.OpenBookings == 0 || user.Administrator {
		return nil
	}
	if n, err := tx.CountActive(ctx, user.ID); err != nil || n < s.Limits.OpenBookings {
		return err
	}
	most := strconv.Itoa(s.Limits.OpenBookings)
	return fault.New(fault.TooManyBookings,
		"you have "+most+" open bookings, and one user may have no more: wait until one has run, or cancel one").With("limit", most)
}

func (s *Service) mayBookAt(user account.User, start, now int64, when When) error {
	if s.Limits.DaysAhead == 0 || user.Administrator {
		return nil
	}
	last := time.UnixMilli(now).AddDate(0, 0, s.Limits.DaysAhead)
	if start <= last.UnixMilli() {
		return nil
	}
	field, problem := "start_ms", "lies too far ahead"
	if !when.Exact {
		field, problem = "earliest_start_ms", "the next free slot lies too far ahead"
	}
	return fault.Invalid(field, fmt.Sprintf("%s: bookings are taken up to %d days from now", problem, s.Limits.DaysAhead))
}
