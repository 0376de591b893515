package fault

import "github.com/comfyscheduler/comfyscheduler/server/internal/schedule"

// SlotConflict is the detail of SlotTaken: what is in the way of a booking, and when the next one would fit.
type SlotConflict struct {
	JobID          string // that holds the slot; empty when a pause does
	UserName       string // whose job or pause it is
	Slot           schedule.Slot
	Pause          bool
	PauseReason    string
	NextFree       int64  // first start at or after the wanted one that fits
	NextFreeWorker string // where it does
}

// Taken says that a slot is taken.
func Taken(c SlotConflict) *Error {
	e := &Error{Reason: SlotTaken, Detail: &c}
	switch {
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
