// Package store says what the service keeps and what every database that keeps it must promise. The rules of booking
// stand above it; it guards only that no two active slots of a worker overlap and that what was answered is on disk.
package store

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// The errors that callers tell apart. Every other error is a fault of the store or of its disk: whether something of the
// write was kept shows only when the store is opened again.
var (
	ErrNotFound = errors.New("not found")
	// ErrNameTaken: another user has the name.
	ErrNameTaken = fault.New(fault.NameTaken, "the name is taken")
	// ErrOverlap: the write would make two active slots overlap, or put one into a pause. Only a bug of the caller leads here.
	ErrOverlap = errors.New("two slots would overlap")
	// ErrUserDeleted: the user for whom something was to be written was deleted meanwhile.
	ErrUserDeleted = fault.New(fault.NotSignedIn, "the user was deleted")
	// ErrFull: there is no space left; nothing of the write was kept. It works again when there is space.
	ErrFull = fault.New(fault.StoreFull, "no space left for the bookings")
	// ErrUnavailable: the machine is short of something that the store needs, such as open files or memory. Nothing of a write
	// was kept; it works again when there is more.
	ErrUnavailable = fault.New(fault.StoreUnavailable, "the bookings cannot be read or written at the moment")
	// ErrClosed: the store is closed.
	ErrClosed = fault.New(fault.Stopping, "the store is closed")
)

// Store keeps jobs, users and what the service must remember. All of it is safe for concurrent use.
type Store interface {
	Jobs
	Users
	Trail
	Pauses
	Templates
	Records

	// Update runs change in a transaction that nothing else writes beside, and returns when its writes are on disk, or
	// with the error of change, in which case nothing of it was kept. A panic in change is such an error. Many updates may
	// share one commit; one that fails is taken back alone. change may be run again when the commit fails, so it must have
	// no effect but through tx and what it sets anew each time, and must not use the store itself.
	Update(ctx context.Context, change func(tx Tx) error) error

	// OnCommit sets what is told of the jobs and pauses that an update wrote: once for each update that wrote any, in the
	// order of the commits, before Update returns. It must be quick and be set before the first Update.
	OnCommit(func(Written))

	// Close ends the store after the updates under way.
	Close() error
}

// Written is what an update wrote.
type Written struct {
	Jobs   []job.Job
	Pauses []schedule.Pause // one with no length has ended
	Names  []UserName       // those who are called otherwise now
}

// UserName is what a user is called.
type UserName struct {
	UserID string
	Name   string
}
