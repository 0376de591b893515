package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	jobColumns = `j.id, j.user_id, u.name, j.worker, j.workflow, j.workflow_version, j.status, j.start_ms, j.end_ms, j.estimate_ms, j.load_ms,
		j.basis, j.sooner, j.pinned, j.promised_ms, j.series, j.series_index, j.inputs, j.results, j.failure, j.delay,
		j.attempt, j.losses, j.epoch, j.cancel_requested, j.version, j.created_ms, j.started_ms, j.finished_ms`
	idColumn    = 1 // their places in jobColumns
	startColumn = 8
	fromJobs    = ` FROM jobs j JOIN users u ON u.id = j.user_id`
	selectJob   = `SELECT ` + jobColumns + fromJobs + ` WHERE j.id = ?`
	selectNext  = `SELECT ` + jobColumns + fromJobs + ` WHERE j.worker = ?1 AND j.status = 'scheduled'
		AND j.status IN ('scheduled', 'processing')
		AND j.end_ms >= ?2 AND j.start_ms >= ?2 - (SELECT value FROM counters WHERE name = 'longest slot') ORDER BY j.start_ms LIMIT 1`
	// By status: whoever books or is moved asks for what runs, and a worker may have thousands of bookings.
	selectRunning = `SELECT ` + jobColumns + ` FROM jobs j INDEXED BY jobs_of_status JOIN users u ON u.id = j.user_id
		WHERE j.worker = ? AND j.status = 'processing' ORDER BY j.start_ms`
	selectActive = `SELECT ` + jobColumns + ` FROM jobs j INDEXED BY jobs_active JOIN users u ON u.id = j.user_id
		WHERE j.status IN ('scheduled', 'processing') ORDER BY j.start_ms, j.id`
	selectEnded    = `SELECT ` + jobColumns + fromJobs + ` WHERE j.finished_ms > 0 ORDER BY j.finished_ms DESC LIMIT ?`
	selectDayStats = `SELECT count(*), count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'),
		coalesce(CAST(avg(finished_ms - started_ms) FILTER (WHERE status = 'completed') AS INTEGER), 0) FROM jobs
		WHERE status IN ('scheduled', 'processing', 'completed', 'failed') AND start_ms BETWEEN ? AND ?`
	selectResultJob = `SELECT job_id FROM result_files WHERE worker = ? AND filename = ?`
	insertJob       = `INSERT INTO jobs (id, user_id, worker, workflow, workflow_version, status, start_ms, end_ms, estimate_ms,
		load_ms, basis, sooner, pinned, promised_ms, series, series_index,
		inputs, results, failure, delay, attempt, losses, epoch, cancel_requested, version, created_ms, started_ms, finished_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateJob = `UPDATE jobs SET worker = ?, status = ?, start_ms = ?, end_ms = ?, estimate_ms = ?, load_ms = ?, basis = ?,
		sooner = ?, pinned = ?, promised_ms = ?, inputs = ?, results = ?,
		failure = ?, delay = ?, attempt = ?, losses = ?, epoch = ?, cancel_requested = ?,
		version = ?, started_ms = ?, finished_ms = ? WHERE id = ?`
)

type row interface{ Scan(into ...any) error }

func scanJob(r row) (job.Job, error) {
	var (
		j                                    job.Job
		end                                  int64
		inputs                               string
		resultsJSON, failureJSON, delaysJSON sql.NullString
	)
	err := r.Scan(&j.ID, &j.UserID, &j.UserName, &j.Worker, &j.Workflow, &j.WorkflowVersion, &j.Status, &j.Start, &end, &j.Estimate, &j.Load,
		&j.Basis, &j.Sooner, &j.Pinned, &j.Promised, &j.Series, &j.SeriesIndex, &inputs,
		&resultsJSON, &failureJSON, &delaysJSON, &j.Attempt, &j.Losses, &j.Epoch, &j.CancelRequested, &j.Version, &j.CreatedAt, &j.StartedAt,
		&j.FinishedAt)
	if err != nil {
		return job.Job{}, of("job", err)
	}
	j.Duration = end - j.Start
	for _, column := range []struct {
		text string
		into any
	}{{inputs, &j.Inputs}, {resultsJSON.String, &j.Results}, {failureJSON.String, &j.Failure}, {delaysJSON.String, &j.Delay}} {
		if column.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(column.text), column.into); err != nil {
			return job.Job{}, fmt.Errorf("job %s: %w", j.ID, err)
		}
	}
	return j, nil
}

// asJSON is a column's text; NULL for what is empty.
func asJSON(value any, empty bool) any {
	if empty {
		return nil
	}
	var text []byte
	var err error
	if own, is := value.(json.Marshaler); is {
		text, err = own.MarshalJSON() // json.Marshal would read the result once more
	} else {
		text, err = json.Marshal(value)
	}
	if err != nil {
		panic(err) // the types of a job can all be written
	}
	return string(text)
}

func (t *tx) InsertJob(_ context.Context, j job.Job) error {
	if t.store.deleted[j.UserID] {
		return store.ErrUserDeleted
	}
	return t.together(func() error {
		if j.Status.Active() && !t.lines.Take(j.Worker, j.ID, j.Slot()) {
			return store.ErrOverlap
		}
		err := t.exec(insertJob, j.ID, j.UserID, j.Worker, j.Workflow, j.WorkflowVersion, string(j.Status), j.Start, j.Slot().End, j.Estimate,
			j.Load, string(j.Basis), j.Sooner, j.Pinned, j.Promised, j.Series, j.SeriesIndex,
			asJSON(j.Inputs, false), asJSON(j.Results, j.Results == nil), asJSON(j.Failure, j.Failure == nil),
			asJSON(j.Delay, j.Delay == nil),
			j.Attempt, j.Losses, j.Epoch, j.CancelRequested, j.Version, j.CreatedAt, j.StartedAt, j.FinishedAt)
		if isForeign(err) {
			return store.ErrUserDeleted
		}
		if err != nil {
			return err
		}
		return t.noteJob(j, true)
	})
}

func (t *tx) UpdateJob(_ context.Context, j job.Job) error {
	return t.together(func() error {
		if !t.retake(j) {
			return store.ErrOverlap
		}
		err := t.execOne(updateJob, j.Worker, string(j.Status), j.Start, j.Slot().End, j.Estimate, j.Load, string(j.Basis),
			j.Sooner, j.Pinned, j.Promised, asJSON(j.Inputs, false),
			asJSON(j.Results, j.Results == nil), asJSON(j.Failure, j.Failure == nil), asJSON(j.Delay, j.Delay == nil),
			j.Attempt, j.Losses, j.Epoch, j.CancelRequested, j.Version, j.StartedAt, j.FinishedAt, j.ID)
		if err != nil {
			return err
		}
		return t.noteJob(j, false)
	})
}

// noteJob keeps what follows from a job that was written.
func (t *tx) noteJob(j job.Job, isNew bool) error {
	if err := t.noteLength(j.Duration); err != nil {
		return err
	}
	t.lines.NoteJob(j, isNew)
	if err := t.noteResults(j); err != nil {
		return err
	}
	t.note(store.Thing{Kind: store.JobKind, Key: j.ID, Job: &j})
	return nil
}

// noteResults keeps whose the files are. ComfyUI gives a name again when its file was deleted.
func (t *tx) noteResults(j job.Job) error {
	for _, r := range j.Results {
		if r.Filename == "" {
			continue
		}
		err := t.exec(`INSERT INTO result_files (worker, filename, job_id) VALUES (?, ?, ?)
			ON CONFLICT (worker, filename) DO UPDATE SET job_id = excluded.job_id`, j.Worker, r.Filename, j.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) ResultJob(_ context.Context, worker, filename string) (jobID string, err error) {
	return jobID, classify(t.query(selectResultJob, worker, filename).Scan(&jobID))
}

// ResultJob implements store.Jobs.
func (s *Store) ResultJob(ctx context.Context, worker, filename string) (jobID string, err error) {
	return jobID, of("result "+filename, s.read.QueryRowContext(ctx, selectResultJob, worker, filename).Scan(&jobID))
}

// ResultOwner implements store.Jobs.
func (s *Store) ResultOwner(ctx context.Context, worker, filename string) (userID string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT j.user_id FROM result_files f JOIN jobs j ON j.id = f.job_id
		WHERE f.worker = ? AND f.filename = ?`, worker, filename).Scan(&userID)
	return userID, of("result "+filename, err)
}

// Job implements store.Jobs.
func (s *Store) Job(ctx context.Context, id string) (job.Job, error) {
	return scanJob(s.read.QueryRowContext(ctx, selectJob, id))
}

// NextScheduled implements store.Jobs.
func (s *Store) NextScheduled(ctx context.Context, worker string, from int64) (job.Job, error) {
	after := schedule.Slot{Start: from, End: math.MaxInt64}
	if none, err := s.hasNone(ctx, store.Query{Worker: worker, Statuses: []job.Status{job.Scheduled}, Window: &after}); err != nil || none {
		return job.Job{}, cmp.Or(err, store.ErrNotFound)
	}
	return scanJob(s.read.QueryRowContext(ctx, selectNext, worker, from))
}

// ActiveJobs implements store.Jobs.
func (s *Store) ActiveJobs(ctx context.Context) ([]job.Job, error) {
	return scanJobs(s.read.QueryContext(ctx, selectActive))
}

// LatestEnded implements store.Jobs.
func (s *Store) LatestEnded(ctx context.Context, limit int) ([]job.Job, error) {
	return scanJobs(s.read.QueryContext(ctx, selectEnded, limit))
}

// DayStats implements store.Jobs.
func (s *Store) DayStats(ctx context.Context, from, to int64) (store.DayStats, error) {
	var d store.DayStats
	err := s.read.QueryRowContext(ctx, selectDayStats, from, to).Scan(&d.Jobs, &d.Completed, &d.Failed, &d.MeanGeneration)
	return d, classify(err)
}

func scanJobs(rows *sql.Rows, err error) ([]job.Job, error) { return scanAll(rows, err, scanJob) }
