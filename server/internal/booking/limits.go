package booking

import (
	"fmt"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func (s *Service) mayBookMore(tx store.Tx, user account.User) error {
	if s.Limits.OpenBookings == 0 || user.Administrator {
		return nil
	}
	if n, err := tx.CountActive(user.ID); err != nil || n < s.Limits.OpenBookings {
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
	field, problem := "time_slot", "lies too far ahead"
	if !when.Exact {
		field, problem = "next_free_from", "the next free slot lies too far ahead"
	}
	return fault.Invalid(field, fmt.Sprintf("%s: bookings are taken up to %d days from now", problem, s.Limits.DaysAhead))
}

// event is what somebody did to a job.
func event(by account.Actor, action audit.Action, j job.Job, now int64, detail string) audit.Event {
	if j.UserID != by.ID {
		detail = j.UserName + "'s job; " + detail
	}
	return audit.Event{At: now, UserID: by.ID, Address: by.Address, Action: action, JobID: j.ID, Detail: detail}
}

// moment is a time in the trail, which is read in many zones.
func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000 UTC") }
