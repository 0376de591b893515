package store

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Tx is an update under way: it sees its own writes.
type Tx interface {
	// Job reads one job; ErrNotFound.
	Job(id string) (job.Job, error)
	// Running reads the processing jobs of a worker.
	Running(worker string) ([]job.Job, error)
	// Blocking finds the earliest active job of a worker that overlaps the slot, the job except left out, or its pause,
	// whose id is PauseID.
	Blocking(worker string, slot schedule.Slot, except string) (id string, found bool)
	// Within lists the active bookings of a worker that overlap the slot, earliest first, at most limit of them; all for a
	// limit of 0.
	Within(worker string, slot schedule.Slot, limit int) []schedule.Booking
	// NextFree is the earliest start at or after from at which duration fits on the worker, as if except held nothing, and
	// outside its pause.
	NextFree(worker string, from, duration int64, except string) int64
	// CountActive counts a user's scheduled and processing jobs.
	CountActive(userID string) (int, error)
	// ActiveOf reads a user's scheduled and processing jobs, by start.
	ActiveOf(userID string) ([]job.Job, error)
	// InsertJob writes a new job; ErrOverlap, ErrUserDeleted.
	InsertJob(j job.Job) error
	// UpdateJob writes a changed job; ErrOverlap. One that a pause covers may stay where it is, but not go there.
	UpdateJob(j job.Job) error
	// ForgetResults forgets whose the files are that a job wrote.
	ForgetResults(j job.Job) error

	// Request reads the job of the event that came of a user's request, and the hash of that request; ErrNotFound.
	Request(userID, requestID string) (jobID string, hash []byte, err error)
	// ForgetRequests forgets the requests of events from before a moment.
	ForgetRequests(before int64) error

	// InsertUser writes a new user; ErrNameTaken, also when the name only looks like another user's. An empty name becomes "User-N" with the next free N, which is returned.
	InsertUser(u account.User) (account.User, error)
	// User reads one user who is not deleted; ErrNotFound.
	User(id string) (account.User, error)
	// DeleteUser makes a user one of the past under another name, drops its tokens and notes that its jobs are to be
	// erased; ErrNotFound, ErrNameTaken.
	DeleteUser(id, name string, now int64) error
	// Erased notes that the jobs of a deleted user are erased. A user to whom nothing refers any more is forgotten.
	Erased(userID string) error
	// RenameUser changes a user's name; ErrNameTaken, ErrNotFound.
	RenameUser(id, name string) error
	// SetAdministrator says whether a user is an administrator; ErrNotFound.
	SetAdministrator(id string, is bool) (account.User, error)
	// CountAdministrators counts the administrators with an unrevoked token that was made or used since a moment, the user
	// except left out.
	CountAdministrators(except string, usedSince int64) (int, error)
	// ForgetUser forgets one of UnusedUsers, if it is one still.
	ForgetUser(id string, before int64) (forgotten bool, err error)
	// CountTokens counts a user's unrevoked tokens that were made or used since a moment.
	CountTokens(userID string, usedSince int64) (int, error)
	// ForgetTokens drops tokens that are revoked, and those that were neither made nor used since a moment, at most limit of each.
	ForgetTokens(usedBefore int64, limit int) error
	// InsertToken writes a new token; ErrNotFound when its user was deleted.
	InsertToken(t account.Token) error
	// RenameToken changes what a user's unrevoked token is called; ErrNotFound.
	RenameToken(userID, id, name string) error
	// TouchToken notes when a token was used.
	TouchToken(id string, now int64) error
	// RevokeToken makes a user's token worthless; ErrNotFound.
	RevokeToken(userID, id string, now int64) error
	// RevokeTokens makes all of a user's tokens worthless and counts them.
	RevokeTokens(userID string, now int64) (int, error)
	// InsertInvitation writes a new invitation.
	InsertInvitation(i account.Invitation) error
	// UseInvitation counts a use of the invitation with that code; ErrNotFound when there is none that can be used.
	UseInvitation(hash [32]byte, now int64) (account.Invitation, error)
	// RevokeInvitation makes an invitation worthless; ErrNotFound.
	RevokeInvitation(id string, now int64) (account.Invitation, error)

	// InsertEvent writes down what somebody did, and remembers the request. Its number is given by the store.
	InsertEvent(e audit.Event) error
	// ForgetEvents drops events from before a moment, at most limit of them, but never the last.
	ForgetEvents(before int64, limit int) error

	// PutPause keeps a worker's pause, replacing the one there was. From now on no job gets a slot in it; those that have one
	// keep it until they are moved.
	PutPause(p schedule.Pause) error
	// Pause reads the pause of a worker; false: there is none.
	Pause(worker string) (schedule.Pause, bool)
	// DropPause ends a worker's pause.
	DropPause(worker string) error

	// PutTemplate keeps a template; the same again does nothing.
	PutTemplate(t Template) error
	// PutRecord keeps a value under a key, replacing what was there.
	PutRecord(key string, value []byte) error
}
