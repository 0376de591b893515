package sqlite

import (
	"context"
	"database/sql"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/timelines"
)

// tx is the update under way in the writer's transaction.
type tx struct {
	store  *Store
	lines  *timelines.Set
	log    logged        // what the transaction adds to the log of changes
	things []store.Thing // changed by the current update
	at     map[thingKey]int
	marked mark  // how the rows of the current update can be taken back
	kept   bool  // rows of an update before it are in the transaction
	fault  error // what made the transaction worthless: SQLite may have rolled it back
}

var _ store.Tx = (*tx)(nil)

func (t *tx) exec(query string, args ...any) error {
	if err := t.write(); err != nil {
		return err
	}
	_, err := t.store.exec(query, args...)
	return t.noteFault(classify(err))
}

// execOne writes one row that is there; store.ErrNotFound when it is not.
func (t *tx) execOne(query string, args ...any) error {
	if err := t.write(); err != nil {
		return err
	}
	result, err := t.store.exec(query, args...)
	if err != nil {
		return t.noteFault(classify(err))
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = store.ErrNotFound
	}
	return err
}

// insert writes a row and gives its number.
func (t *tx) insert(query string, args ...any) (int64, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	result, err := t.store.exec(query, args...)
	if err != nil {
		return 0, t.noteFault(classify(err))
	}
	return result.LastInsertId()
}

// change writes and reads one row of what was written.
func (t *tx) change(query string, args ...any) row {
	if err := t.write(); err != nil {
		return failed{err}
	}
	return t.query(query, args...)
}

// query reads one row.
func (t *tx) query(query string, args ...any) row {
	statement, err := t.store.statement(query)
	if err != nil {
		return failed{t.noteFault(classify(err))}
	}
	return read{t, statement.QueryRow(args...)}
}

// read is a row of the transaction.
type read struct {
	tx  *tx
	row *sql.Row
}

func (r read) Scan(into ...any) error { return r.tx.noteFault(classify(r.row.Scan(into...))) }

// failed is a row that could not be read.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// retake gives the job the slot that it has now, if it has one, instead of whichever it had.
func (t *tx) retake(j job.Job) bool {
	if j.Status.Active() {
		return t.lines.Retake(j.Worker, j.ID, j.Slot())
	}
	t.lines.Release(j.ID)
	return true
}

// noteLength keeps the length of the longest slot there ever was.
func (t *tx) noteLength(duration int64) error {
	if !t.lines.NoteLength(duration) {
		return nil
	}
	return t.exec(`UPDATE counters SET value = ? WHERE name = 'longest slot'`, duration)
}

func (t *tx) Blocking(_ context.Context, worker string, slot schedule.Slot, except string) (string, bool, error) {
	id, found := t.lines.Blocking(worker, slot, except)
	return id, found, nil
}

func (t *tx) Before(_ context.Context, worker string, moment int64, except string) (schedule.Booking, bool, error) {
	b, found := t.lines.Before(worker, moment, except)
	return b, found, nil
}

func (t *tx) Within(_ context.Context, worker string, slot schedule.Slot, limit int) ([]schedule.Booking, error) {
	return t.lines.Within(worker, slot, limit), nil
}

func (t *tx) NextFree(_ context.Context, worker string, from, duration int64, except string) (int64, error) {
	return t.lines.NextFree(worker, from, duration, except), nil
}

func (t *tx) RunsUntil(_ context.Context, worker, except string) (int64, bool, error) {
	until, runs := t.lines.RunsUntil(worker, except)
	return until, runs, nil
}

func (t *tx) CountActive(_ context.Context, userID string) (int, error) {
	return t.lines.CountOpen(userID), nil
}

func (t *tx) Job(_ context.Context, id string) (job.Job, error) { return t.queryJob(selectJob, id) }

func (t *tx) queryJob(query string, arg any) (job.Job, error) {
	return scanJob(t.query(query, arg))
}

func (t *tx) Running(_ context.Context, worker string) ([]job.Job, error) {
	return t.queryJobs(selectRunning, worker)
}

func (t *tx) ActiveJobs(context.Context) ([]job.Job, error) { return t.queryJobs(selectActive) }

func (t *tx) LatestEnded(_ context.Context, limit int) ([]job.Job, error) {
	return t.queryJobs(selectEnded, limit)
}

func (t *tx) queryJobs(query string, args ...any) ([]job.Job, error) {
	statement, err := t.store.statement(query)
	if err != nil {
		return nil, t.noteFault(classify(err))
	}
	jobs, err := scanJobs(statement.QueryContext(context.Background(), args...))
	return jobs, t.noteFault(err)
}
