// Package store says what the service keeps and what every database that keeps it must promise. The rules of booking
// stand above it; it guards only that no two active slots of a worker overlap and that what was answered is on disk.
package store

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// The errors that callers tell apart. Every other error is a fault of the store.
var (
	ErrNotFound = errors.New("not found")
	// ErrNameTaken: another user has the name.
	ErrNameTaken = errors.New("the name is taken")
	// ErrOverlap: the write would make two active slots overlap. Only a bug of the caller leads here.
	ErrOverlap = errors.New("two slots would overlap")
	// ErrFull: there is no space left; nothing of the write was kept. It works again when there is space.
	ErrFull = errors.New("no space left for the bookings")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("the store is closed")
)

// Store keeps jobs, users and what the service must remember. All of it is safe for concurrent use.
type Store interface {
	Jobs
	Users
	Templates
	Records

	// Update runs change in a transaction that nothing else writes beside, and returns when its writes are on disk, or
	// with the error of change, in which case nothing of it was kept. Many updates may share one commit. change may be
	// run again when that commit fails, so it must have no effect but through tx, and must not use the store itself.
	Update(ctx context.Context, change func(tx Tx) error) error

	// OnCommit sets what is told of the jobs that an update wrote: once for each update, in the order of the commits,
	// before Update returns. It must be quick and be set before the first Update.
	OnCommit(func(jobs []job.Job))

	// Close ends the store after the updates under way.
	Close() error
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
	// NextScheduled reads the scheduled job of a worker with the earliest start; ErrNotFound.
	NextScheduled(ctx context.Context, worker string) (job.Job, error)
	// DayStats counts the jobs whose slot starts in [from, to].
	DayStats(ctx context.Context, from, to int64) (DayStats, error)
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
	Name          string // unique
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
}

// Users reads users.
type Users interface {
	// User reads one user; ErrNotFound.
	User(ctx context.Context, id string) (User, error)
	// UserByToken reads the user whom an unrevoked token proves; ErrNotFound.
	UserByToken(ctx context.Context, hash [32]byte) (User, Token, error)
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
	// NextScheduled reads the scheduled job of a worker with the earliest start; ErrNotFound.
	NextScheduled(worker string) (job.Job, error)
	// Running reads the processing jobs of a worker.
	Running(worker string) ([]job.Job, error)
	// Blocking finds the earliest active job of a worker that overlaps the slot, the job except left out.
	Blocking(worker string, slot schedule.Slot, except string) (id string, found bool)
	// NextFree is the earliest start at or after from at which duration fits on the worker, as if except held nothing.
	NextFree(worker string, from, duration int64, except string) int64
	// InsertJob writes a new job; ErrOverlap.
	InsertJob(j job.Job) error
	// UpdateJob writes a changed job; ErrOverlap.
	UpdateJob(j job.Job) error

	// Request reads the job that a user booked with a request id and the hash of that request; ErrNotFound.
	Request(userID, requestID string) (jobID string, hash []byte, err error)
	// InsertRequest remembers a request.
	InsertRequest(userID, requestID, jobID string, hash []byte, now int64) error
	// ForgetRequests drops the requests made before a moment.
	ForgetRequests(before int64) error

	// InsertUser writes a new user; ErrNameTaken. An empty name becomes "User-N" with the next free N, which is returned.
	InsertUser(u User) (User, error)
	// RenameUser changes a user's name; ErrNameTaken, ErrNotFound.
	RenameUser(id, name string) error
	// InsertToken writes a new token.
	InsertToken(t Token) error
	// RevokeToken makes a token worthless.
	RevokeToken(id string, now int64) error

	// PutTemplate keeps a template; the same again does nothing.
	PutTemplate(t Template) error
	// PutRecord keeps a value under a key, replacing what was there.
	PutRecord(key string, value []byte) error
}
