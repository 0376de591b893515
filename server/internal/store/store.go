// Package store says what the service keeps and what every database that keeps it must promise. The rules of booking
// stand above it; it guards only that no two active slots of a worker overlap and that what was answered is on disk.
package store

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// The errors that callers tell apart. Every other error is a fault of the store or of its disk: whether something of the
// write was kept shows only when the store is opened again.
var (
	ErrNotFound = errors.New("not found")
	// ErrNameTaken: another user has the name.
	ErrNameTaken = errors.New("the name is taken")
	// ErrOverlap: the write would make two active slots overlap, or put one into a pause. Only a bug of the caller leads here.
	ErrOverlap = errors.New("two slots would overlap")
	// ErrUserDeleted: the user for whom something was to be written was deleted meanwhile.
	ErrUserDeleted = errors.New("the user was deleted")
	// ErrFull: there is no space left; nothing of the write was kept. It works again when there is space.
	ErrFull = errors.New("no space left for the bookings")
	// ErrUnavailable: the machine is short of something that the store needs, such as open files or memory. Nothing of a write
	// was kept; it works again when there is more.
	ErrUnavailable = errors.New("the bookings cannot be read or written at the moment")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("the store is closed")
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
	Pauses []Pause    // one with no length has ended
	Names  []UserName // those who are called otherwise now
}

// UserName is what a user is called.
type UserName struct {
	UserID string
	Name   string
}

// Jobs reads jobs.
type Jobs interface {
	// Job reads one job; ErrNotFound.
	Job(ctx context.Context, id string) (job.Job, error)
	// ListJobs reads the jobs of a query, in its order.
	ListJobs(ctx context.Context, q Query) ([]job.Job, error)
	// ActiveJobs reads all scheduled and processing jobs, by start.
	ActiveJobs(ctx context.Context) ([]job.Job, error)
	// LatestEnded reads the jobs that ended last, latest first.
	LatestEnded(ctx context.Context, limit int) ([]job.Job, error)
	// NextScheduled reads the scheduled job of a worker with the earliest slot that ends at from or later; ErrNotFound.
	NextScheduled(ctx context.Context, worker string, from int64) (job.Job, error)
	// DayStats counts the jobs whose slot starts in [from, to].
	DayStats(ctx context.Context, from, to int64) (DayStats, error)
	// ResultOwner reads the user whose job wrote a result file last; ErrNotFound.
	ResultOwner(ctx context.Context, filename string) (userID string, err error)
	// FreeSlots lists free stretches of a worker, as schedule.Timeline.Free.
	FreeSlots(ctx context.Context, worker string, from, duration int64, limit int) ([]schedule.Gap, error)
}

// Query says which jobs and in which order. Zero fields do not restrict.
type Query struct {
	Statuses   []job.Status
	UserID     string
	Worker     string
	Window     *schedule.Slot // jobs whose slot has a moment in common with it
	Descending bool           // latest start first
	After      *Cursor        // go on behind this job
	Limit      int
}

// Cursor is a place in the order of a query.
type Cursor struct {
	Start int64
	ID    string
}

// DayStats are the numbers of a day.
type DayStats struct {
	Jobs           int64 // cancelled ones left out
	Completed      int64
	Failed         int64
	MeanGeneration int64 // milliseconds from start to outcome of completed jobs; 0 without any
}

// User is somebody who books.
type User struct {
	ID            string // lower-case UUID
	Name          string // unique, also to the eye
	Administrator bool
	CreatedAt     int64
}

// Token is a secret that proves a user. Only its hash is kept.
type Token struct {
	ID         string
	UserID     string
	Hash       [32]byte
	ClientName string
	CreatedAt  int64
	LastUsed   int64 // 0: never
}

// Account is a user with what is known of its tokens.
type Account struct {
	User
	Tokens   int   // that are not revoked
	LastUsed int64 // of any of them
}

// Invitation lets people become users. Only its code's hash is kept.
type Invitation struct {
	ID            string
	Hash          [32]byte
	Note          string
	CreatedBy     string // user
	CreatedByName string // filled in when read
	CreatedAt     int64
	ExpiresAt     int64
	MaxUses       int
	Uses          int
}

// Users reads users and how they are proved.
type Users interface {
	// User reads one user who is not deleted; ErrNotFound.
	User(ctx context.Context, id string) (User, error)
	// UserByToken reads the user whom an unrevoked token proves; ErrNotFound.
	UserByToken(ctx context.Context, hash [32]byte) (User, Token, error)
	// Tokens reads a user's unrevoked tokens, latest first, those after a place in that order.
	Tokens(ctx context.Context, userID string, after *Cursor, limit int) ([]Token, error)
	// Accounts reads users, latest first, those after a place in that order.
	Accounts(ctx context.Context, after *Cursor, limit int) ([]Account, error)
	// Erasures reads the deleted users whose jobs are not erased yet.
	Erasures(ctx context.Context) (userIDs []string, err error)
	// UnusedUsers reads users who are no administrators, never booked, and were neither made nor used a token since a moment.
	UnusedUsers(ctx context.Context, before int64, limit int) (userIDs []string, err error)
	// Invitations reads those that can be used at a moment, latest first, those after a place in that order.
	Invitations(ctx context.Context, now int64, after *Cursor, limit int) ([]Invitation, error)
}

// Actor is who does something, and from where.
type Actor struct {
	User
	Address string
}

// Action is a kind of deed.
type Action string

// The actions.
const (
	Book             Action = "book"
	Change           Action = "update"
	Cancel           Action = "cancel"
	SignIn           Action = "sign_in"
	CreateToken      Action = "create_token"
	RevokeToken      Action = "revoke_token"
	RenameUser       Action = "rename_user"
	CreateUser       Action = "create_user"
	DeleteUser       Action = "delete_user"
	SetAdministrator Action = "set_administrator"
	CreateInvitation Action = "create_invitation"
	RevokeInvitation Action = "revoke_invitation"
	RestartWorker    Action = "restart_worker"
	PauseWorker      Action = "pause_worker"
	ResumeWorker     Action = "resume_worker"
)

// Event is something that somebody did. It holds neither prompts nor secrets.
type Event struct {
	Number   int64 // rises with each event
	At       int64
	UserID   string
	UserName string // filled in when read
	Address  string
	Action   Action
	JobID    string // empty: it was not done to a job
	Detail   string // for people
	Request  Request
}

// Request is how a client calls what it asks for, so that a repetition can be told from something new. It is written with the
// event that came of it, and not read with it.
type Request struct {
	ID   string // empty: it has no name for it
	Hash []byte
}

// EventQuery says which events. Zero fields do not restrict.
type EventQuery struct {
	UserID string
	JobID  string
	Before int64 // number
	Limit  int
}

// Trail reads who did what.
type Trail interface {
	// Events reads the events of a query, latest first.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
}

// Pause is a stretch of a worker's timeline that is kept free: jobs get no slot in it, whatever is booked there already.
type Pause struct {
	Worker   string
	Slot     schedule.Slot
	Reason   string
	UserID   string
	UserName string // filled in when read
}

// Covers reports whether the moment lies in the pause.
func (p Pause) Covers(now int64) bool { return p.Slot.Contains(now) }

// Because is the pause as a reason, for people.
func (p Pause) Because() string {
	if p.Reason == "" {
		return p.UserName + " has paused the worker"
	}
	return p.UserName + " has paused the worker: " + p.Reason
}

// PauseID is what holds the slot of a pause.
const PauseID = "pause"

// Pauses reads pauses.
type Pauses interface {
	// Pause reads the pause of a worker; false: there is none. One that is over may still be there.
	Pause(worker string) (Pause, bool)
}

// Template is a workflow's template as it was when jobs were booked with it.
type Template struct {
	Hash     string
	Workflow string
	Title    string
	Graph    []byte
	Bindings []byte // JSON
}

// Templates reads templates.
type Templates interface {
	// Template reads one; ErrNotFound.
	Template(ctx context.Context, hash string) (Template, error)
}

// Records reads small values that the service must remember, such as a worker's benchmark.
type Records interface {
	// Record reads one; ErrNotFound.
	Record(ctx context.Context, key string) ([]byte, error)
}

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
	InsertUser(u User) (User, error)
	// User reads one user who is not deleted; ErrNotFound.
	User(id string) (User, error)
	// DeleteUser makes a user one of the past under another name, drops its tokens and notes that its jobs are to be
	// erased; ErrNotFound, ErrNameTaken.
	DeleteUser(id, name string, now int64) error
	// Erased notes that the jobs of a deleted user are erased. A user to whom nothing refers any more is forgotten.
	Erased(userID string) error
	// RenameUser changes a user's name; ErrNameTaken, ErrNotFound.
	RenameUser(id, name string) error
	// SetAdministrator says whether a user is an administrator; ErrNotFound.
	SetAdministrator(id string, is bool) (User, error)
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
	InsertToken(t Token) error
	// RenameToken changes what a user's unrevoked token is called; ErrNotFound.
	RenameToken(userID, id, name string) error
	// TouchToken notes when a token was used.
	TouchToken(id string, now int64) error
	// RevokeToken makes a user's token worthless; ErrNotFound.
	RevokeToken(userID, id string, now int64) error
	// RevokeTokens makes all of a user's tokens worthless and counts them.
	RevokeTokens(userID string, now int64) (int, error)
	// InsertInvitation writes a new invitation.
	InsertInvitation(i Invitation) error
	// UseInvitation counts a use of the invitation with that code; ErrNotFound when there is none that can be used.
	UseInvitation(hash [32]byte, now int64) (Invitation, error)
	// RevokeInvitation makes an invitation worthless; ErrNotFound.
	RevokeInvitation(id string, now int64) (Invitation, error)

	// InsertEvent writes down what somebody did, and remembers the request. Its number is given by the store.
	InsertEvent(e Event) error
	// ForgetEvents drops events from before a moment, at most limit of them, but never the last.
	ForgetEvents(before int64, limit int) error

	// PutPause keeps a worker's pause, replacing the one there was. From now on no job gets a slot in it; those that have one
	// keep it until they are moved.
	PutPause(p Pause) error
	// Pause reads the pause of a worker; false: there is none.
	Pause(worker string) (Pause, bool)
	// DropPause ends a worker's pause.
	DropPause(worker string) error

	// PutTemplate keeps a template; the same again does nothing.
	PutTemplate(t Template) error
	// PutRecord keeps a value under a key, replacing what was there.
	PutRecord(key string, value []byte) error
}
