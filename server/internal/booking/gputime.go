package booking

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Use is the time of the GPUs that one user has booked, in milliseconds.
type Use struct {
	Open int64 // slots of scheduled and running jobs
	Day  int64 // slots that start on one day
}

// use gives what the owner of a job has booked with it: all that is open, and all on the day of its slot.
func (s *Service) use(ctx context.Context, tx store.Tx, j job.Job) (u Use, err error) {
	u.Open, u.Day, err = tx.BookedTime(ctx, j.UserID, s.dayOf(j.Start), j.ID)
	u.Open, u.Day = u.Open+j.Duration, u.Day+j.Duration
	return u, err
}

// dayOf returns the day of a moment in the service's time zone, from midnight to midnight.
func (s *Service) dayOf(ms int64) schedule.Slot {
	zone := s.Now().Location()
	year, month, day := time.UnixMilli(ms).In(zone).Date()
	from, until := time.Date(year, month, day, 0, 0, 0, 0, zone), time.Date(year, month, day+1, 0, 0, 0, 0, zone)
	return schedule.Slot{Start: from.UnixMilli(), End: until.UnixMilli() - 1}
}

// mayUse checks whether a user may have a job at its place, which it had another of before, or was not booked: fault.TooMuchTime. What
// takes no more time than before is never refused.
func (s *Service) mayUse(ctx context.Context, tx store.Tx, user account.User, j job.Job, had *job.Job) error {
	l := s.Limits
	if user.Administrator || l.MaxSlot == 0 && l.OpenTime == 0 && l.DayTime == 0 {
		return nil
	}
	grows := had == nil || j.Duration > had.Duration
	if l.MaxSlot > 0 && grows && j.Duration > l.MaxSlot {
		return tooMuch("max_slot", l.MaxSlot, j.Duration,
			"the slot would be %s long, and one may be %s at most: choose values that take less time", span(j.Duration), span(l.MaxSlot))
	}
	if l.OpenTime == 0 && l.DayTime == 0 {
		return nil
	}
	use, err := s.use(ctx, tx, j)
	switch {
	case err != nil:
		return err
	case l.OpenTime > 0 && grows && use.Open > l.OpenTime:
		return tooMuch("open_minutes", l.OpenTime, use.Open,
			"with this your open bookings would take %s of GPU time, and one user may have %s open: wait until one has run, or cancel one",
			span(use.Open), span(l.OpenTime))
	case l.DayTime > 0 && (grows || s.dayOf(had.Start) != s.dayOf(j.Start)) && use.Day > l.DayTime:
		day := time.UnixMilli(j.Start).In(s.Now().Location()).Format("2 January 2006")
		return tooMuch("minutes_per_day", l.DayTime, use.Day,
			"with this your jobs on %s would take %s of GPU time, and one user may have %s a day: book it for another day",
			day, span(use.Day), span(l.DayTime))
	}
	return nil
}

func tooMuch(limit string, limitMS, wouldBe int64, format string, args ...any) error {
	return fault.Newf(fault.TooMuchTime, format, args...).With("limit", limit).
		With("limit_ms", strconv.FormatInt(limitMS, 10)).With("would_be_ms", strconv.FormatInt(wouldBe, 10))
}

// span is a length of time for people, to the second.
func span(ms int64) string {
	seconds := (ms + 999) / 1000
	switch {
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds%60 == 0:
		return fmt.Sprintf("%d min", seconds/60)
	}
	return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
}
