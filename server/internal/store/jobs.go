package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Jobs reads jobs.
type Jobs interface {
	// Job reads one job; ErrNotFound.
	Job(ctx context.Context, id string) (job.Job, error)
	// ListJobs reads the jobs of a query, in its order.
	ListJobs(ctx context.Context, q Query) ([]job.Job, error)
	// ListSeries reads the series of a query, by their ids, the highest first.
	ListSeries(ctx context.Context, q SeriesQuery) ([]Series, error)
	// ActiveJobs reads all scheduled and processing jobs, by start.
	ActiveJobs(ctx context.Context) ([]job.Job, error)
	// LatestEnded reads the jobs that ended last, latest first.
	LatestEnded(ctx context.Context, limit int) ([]job.Job, error)
	// NextScheduled reads the scheduled job of a worker with the earliest slot that ends at from or later; ErrNotFound.
	NextScheduled(ctx context.Context, worker string, from int64) (job.Job, error)
	// DayStats counts the jobs whose slot starts in [from, to].
	DayStats(ctx context.Context, from, to int64) (DayStats, error)
	// ResultOwner reads the user whose job wrote a result file on a worker last; ErrNotFound.
	ResultOwner(ctx context.Context, worker, filename string) (userID string, err error)
	// ResultJob reads the job that wrote it; ErrNotFound.
	ResultJob(ctx context.Context, worker, filename string) (jobID string, err error)
}

// JobsTx reads and writes jobs.
type JobsTx interface {
	// Job reads one job; ErrNotFound.
	Job(ctx context.Context, id string) (job.Job, error)
	// Running reads the processing jobs of a worker, by start.
	Running(ctx context.Context, worker string) ([]job.Job, error)
	// ActiveJobs reads all scheduled and processing jobs, by start.
	ActiveJobs(ctx context.Context) ([]job.Job, error)
	// LatestEnded reads the jobs that ended last, latest first.
	LatestEnded(ctx context.Context, limit int) ([]job.Job, error)
	// CountActive counts a user's scheduled and processing jobs.
	CountActive(ctx context.Context, userID string) (int, error)
	// ActiveOf reads a user's scheduled and processing jobs, by start.
	ActiveOf(ctx context.Context, userID string) ([]job.Job, error)
	// BookedTime sums up the slots of a user's jobs, in milliseconds: of the scheduled and processing ones, and of all that start on a
	// day but those that were cancelled before they ran. The job except is left out.
	BookedTime(ctx context.Context, userID string, day schedule.Slot, except string) (open, onDay int64, err error)
	// SeriesJobs reads the jobs of a series, in its order.
	SeriesJobs(ctx context.Context, series string) ([]job.Job, error)
	// InsertJob writes a new job; ErrOverlap, ErrUserDeleted.
	InsertJob(ctx context.Context, j job.Job) error
	// UpdateJob writes a changed job; ErrOverlap, ErrNotFound. One that a pause covers may stay where it is, but not go there.
	UpdateJob(ctx context.Context, j job.Job) error
	// ResultJob reads the job that wrote a result file on a worker last; ErrNotFound.
	ResultJob(ctx context.Context, worker, filename string) (jobID string, err error)
	// ForgetResults forgets whose the files are that a job wrote.
	ForgetResults(ctx context.Context, j job.Job) error
}

// Query says which jobs and in which order. Zero fields do not restrict.
type Query struct {
	Statuses   []job.Status
	UserID     string
	Worker     string
	Workflow   string
	Series     string         // that they were booked with
	IDSuffix   string         // end of the id, in lower case
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

// SeriesQuery says which series. Zero fields do not restrict.
type SeriesQuery struct {
	ID       string
	UserID   string
	IDSuffix string // end of the id, in lower case
	After    string // only those whose ids are lower
	Limit    int
}

// Series is jobs that were booked together, as they are now.
type Series struct {
	First  job.Job // of its jobs, in their order
	Jobs   int
	Counts map[job.Status]int // of those that some have
	Extent schedule.Slot      // from the first start to the last end
}

// DayStats are the numbers of a day.
type DayStats struct {
	Jobs           int64 // cancelled ones left out
	Completed      int64
	Failed         int64
	MeanGeneration int64 // milliseconds from start to outcome of completed jobs; 0 without any
}
