package fault

import (
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// SlotConflict is the detail of SlotTaken: what is in the way of a booking, and when the next one would fit.
type SlotConflict struct {
	JobID          string // that holds the slot; empty when a pause does, or when files are in the way
	UserName       string // whose job or pause it is
	Slot           schedule.Slot
	Pause          bool
	PauseReason    string
	FilesAt        int64  // the first moment at which the files of the job can be on the worker; 0: they are not in the way
	FilesWorker    string // that one
	NextFree       int64  // first start at or after the wanted one that fits
	NextFreeWorker string // where it does
}

// Taken says that a slot is taken.
func Taken(c SlotConflict) *Error {
	e := &Error{Reason: SlotTaken, Detail: &c}
	switch {
	case c.FilesAt > 0:
		e.Message = "the files that the job takes cannot be on worker " + c.FilesWorker + " by then, but from " +
			time.UnixMilli(c.FilesAt).UTC().Format("2006-01-02T15:04:05.000Z") + " on"
	case !c.Pause:
		e.Message = "the slot is taken by " + c.UserName + "'s job " + c.JobID
		return e.With("job_id", c.JobID)
	case c.PauseReason != "":
		e.Message = c.UserName + " has paused the worker then: " + c.PauseReason
	default:
		e.Message = c.UserName + " has paused the worker then"
	}
	return e
}

// ConflictOf finds the detail of an error for SlotTaken.
func ConflictOf(err error) (*SlotConflict, bool) { return detail[*SlotConflict](err) }

// BookingsInTheWay is the detail of BookingsInWay.
type BookingsInTheWay struct {
	Bookings []Booking // the earliest ones
	Count    int       // of all
}

// Booking is a job's slot and whose it is.
type Booking struct {
	JobID    string
	UserName string
	Slot     schedule.Slot
}

// InTheWayOf finds the detail of an error for BookingsInWay.
func InTheWayOf(err error) (*BookingsInTheWay, bool) { return detail[*BookingsInTheWay](err) }

func detail[T any](err error) (found T, is bool) {
	if e, ok := Of(err); ok {
		found, is = e.Detail.(T)
	}
	return found, is
}
