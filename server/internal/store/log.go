package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Revision is a place in the log of changes: each update that changes something gets the next number, in the order of the
// commits and without a gap, and keeps it when the store is opened again. Numbers of different epochs cannot be compared:
// a new epoch begins when the bookings were restored from a backup or copied. The zero Revision is before everything.
type Revision struct {
	Epoch  string
	Number int64
}

// Kind is a kind of thing that changes are told of.
type Kind string

// The kinds, and what their keys are.
const (
	JobKind        Kind = "job"        // a job's id
	PauseKind      Kind = "pause"      // a worker's id
	WorkerKind     Kind = "worker"     // a worker's id: it was taken out of service, or has returned
	UserKind       Kind = "user"       // a user's id
	TokenKind      Kind = "token"      // a token's id
	InvitationKind Kind = "invitation" // an invitation's id
	WorkflowKind   Kind = "workflow"   // the id of a workflow that was imported, or whose picture is another one
	VersionKind    Kind = "version"    // a workflow version's hash
)

// Change names all that one update has changed, or several in a row have: it leads from one revision to another.
type Change struct {
	After    Revision // the revision that it follows on
	Revision Revision // the revision that it leads to
	Things   []Thing  // each once, with the latest value
}

// Thing is something that is new, changed or gone. It must not be changed.
type Thing struct {
	Kind   Kind
	Key    string
	Job    *job.Job         // of JobKind
	Pause  *schedule.Pause  // of PauseKind; nil: it has ended
	Outage *schedule.Outage // of WorkerKind; nil: it is in service
	User   *account.User    // of UserKind; a deleted one by the name that stands in its place; nil: it is forgotten
}

// Log is the log of changes: the only way in which news travels. It reaches back for at least an hour, unless more was
// changed in it than it may hold, and survives that the store is opened again.
type Log interface {
	// Revision is the newest.
	Revision(ctx context.Context) (Revision, error)
	// Changes reads what was changed after a revision, in order and without a gap, at most about limit updates; nothing
	// when it is the newest; ErrForgotten. Recent updates come one by one with their values as they were written. Older
	// ones come as one change with the values as they are at the time of reading: what is changed later may be in them
	// already, unless the change leads to the newest revision.
	Changes(ctx context.Context, after Revision, limit int) ([]Change, error)
	// Wait returns when there is something to read after a revision, or when that is of another epoch; ErrClosed when the
	// store is closed meanwhile.
	Wait(ctx context.Context, after Revision) error
}

// LogTx writes to the log beside what every write of an update notes there.
type LogTx interface {
	// NewEpoch begins a new epoch: what the log holds is forgotten, and nobody can go on from a revision of the one before.
	NewEpoch(ctx context.Context) error
}
