package booking

import (
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// TooManyError says that a user has as many open bookings as one may have.
type TooManyError struct{ Limit int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("you have %d open bookings, and one user may have no more: wait until one has run, or cancel one", e.Limit)
}

func (s *Service) mayBookMore(tx store.Tx, user account.User) error {
	if s.limits.OpenBookings == 0 || user.Administrator {
		return nil
	}
	if n, err := tx.CountActive(user.ID); err != nil || n < s.limits.OpenBookings {
		return err
	}
	return &TooManyError{s.limits.OpenBookings}
}

func (s *Service) mayBookAt(user account.User, start, now int64, when When) error {
	if s.limits.DaysAhead == 0 || user.Administrator {
		return nil
	}
	last := time.UnixMilli(now).AddDate(0, 0, s.limits.DaysAhead)
	if start <= last.UnixMilli() {
		return nil
	}
	var wrong job.InputError
	field, problem := "time_slot", "lies too far ahead"
	if !when.Exact {
		field, problem = "next_free_from", "the next free slot lies too far ahead"
	}
	wrong.Add(field, "", fmt.Sprintf("%s: bookings are taken up to %d days from now", problem, s.limits.DaysAhead))
	return &wrong
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
