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

// mayBookMore checks whether a user may have some more open bookings; fault.TooManyBookings.
func (s *Service) mayBookMore(ctx context.Context, tx store.Tx, user account.User, more int) error {
	if s.Limits.OpenBookings == 0 || user.Administrator {
		return nil
	}
	n, err := tx.CountActive(ctx, user.ID)
	if err != nil || n+more <= s.Limits.OpenBookings {
		return err
	}
	most := strconv.Itoa(s.Limits.OpenBookings)
	refused := fault.Newf(fault.TooManyBookings,
		"you have %d open bookings, and one user may have no more: wait until one has run, or cancel one", n)
	if more > 1 {
		refused = fault.Newf(fault.TooManyBookings,
			"you have %d open bookings and ask for %d more, and one user may have %s: wait until some have run, or book fewer", n, more, most)
	}
	return refused.With("limit", most)
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
