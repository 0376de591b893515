// Package store says what the service keeps and what every database that keeps it must promise. The rules of booking
// stand above it; it guards only that no two active slots of a worker overlap and that what was answered is on disk.
//
// The contract is parted by what is kept: for each noun one interface to read, and one to read and write in an update.
// Every call takes a context and can fail, whatever a store has in memory. A call after Close fails with ErrClosed.
package store

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// The errors that callers tell apart. Every other error is a fault of the store or of its disk: whether something of the
// write was kept shows only when the store is opened again.
var (
	ErrNotFound = errors.New("not found")
	// ErrRevoked: there was such a thing, but it is worthless now.
	ErrRevoked = errors.New("revoked")
	// ErrNameTaken: another user has the name, or one that looks the same. Nothing was written, and the update may go on.
	ErrNameTaken = fault.New(fault.NameTaken, "the name is taken")
	// ErrOverlap: the write would make two active slots overlap, or put one into a pause. Only a bug of the caller leads here.
	ErrOverlap = errors.New("two slots would overlap")
	// ErrUserDeleted: the user for whom something was to be written was deleted meanwhile, or never was.
	ErrUserDeleted = fault.New(fault.NotSignedIn, "the user was deleted")
	// ErrForgotten: the log of changes does not reach back to the revision, or does not know it: it is of another epoch.
	ErrForgotten = errors.New("the changes since then are not known any more")
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
	Timelines
	Accounts
	Invitations
	Audit
	Pauses
	Outages
	Workflows
	Assets
	Records
	Log

	// Update runs change in a transaction that nothing else writes beside, and returns when its writes are on disk, or
	// with the error of change, in which case nothing of it was kept. A panic in change is such an error. Many updates may
	// share one commit; one that fails is taken back alone. change may be run more than once, so it must have no effect but
	// through tx and what it sets anew each time, and must not use the store itself. It gets a context of ctx's values.
	//
	// The revision is that of the update when it changed anything that the log tells of, and else the newest before it:
	// who has read up to it sees all that change saw and wrote.
	Update(ctx context.Context, change func(ctx context.Context, tx Tx) error) (Revision, error)

	// Close ends the store after the updates under way.
	Close() error
}

// Tx is an update under way: it sees its own writes. It is used by one goroutine, and not after change has returned.
type Tx interface {
	JobsTx
	TimelinesTx
	AccountsTx
	InvitationsTx
	AuditTx
	PausesTx
	OutagesTx
	WorkflowsTx
	AssetsTx
	RecordsTx
	LogTx
}
