package sqlite

import (
	"context"
	"database/sql"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// tx is the update under way in the writer's transaction.
type tx struct {
	store  *Store
	jobs   []job.Job        // written by the current update
	pauses []schedule.Pause // written by the current update
	names  []store.UserName // of users renamed by the current update
	undos  []func()         // of the whole transaction: what takes back in memory what it did there
	marked mark             // how the rows of the current update can be taken back
	kept   bool             // rows of an update before it are in the transaction
	fault  error            // what made the transaction worthless: SQLite may have rolled it back
}

var _ store.Tx = (*tx)(nil)

func (t *tx) exec(query string, args ...any) error {
	if err := t.write(); err != nil {
		return err
	}
	_, err := t.store.exec(query, args...)
	return t.noteFault(classify(err))
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

// take puts the job's slot into its worker's timeline.
func (t *tx) take(j job.Job) bool {
	line := t.store.timeline(j.Worker)
	if line.Closed(j.Slot()) || !line.Add(j.ID, j.Slot()) {
		return false
	}
	t.undos = append(t.undos, func() { line.Remove(j.ID) })
	return true
}

// retake gives the job the slot that it has now instead of whichever it had.
func (t *tx) retake(j job.Job) bool {
	if held, is := t.store.timeline(j.Worker).Slot(j.ID); is && held == j.Slot() && j.Status.Active() {
		return true
	}
	for _, line := range t.store.timelines {
		if slot, held := line.Slot(j.ID); held {
			line.Remove(j.ID)
			t.undos = append(t.undos, func() { line.Add(j.ID, slot) })
		}
	}
	return !j.Status.Active() || t.take(j)
}

// noteLength keeps the length of the longest slot there ever was.
func (t *tx) noteLength(duration int64) error {
	before := t.store.longest
	if duration <= before {
		return nil
	}
	t.store.longest = duration
	t.undos = append(t.undos, func() { t.store.longest = before })
	return t.exec(`UPDATE counters SET value = ? WHERE name = 'longest slot'`, duration)
}

func (t *tx) Blocking(worker string, slot schedule.Slot, except string) (string, bool) {
	booking, found := t.store.timeline(worker).Blocking(slot, except)
	return booking.ID, found
}

func (t *tx) Within(worker string, slot schedule.Slot, limit int) []schedule.Booking {
	return t.store.timeline(worker).Within(slot, limit)
}

func (t *tx) NextFree(worker string, from, duration int64, except string) int64 {
	return t.store.timeline(worker).NextFree(from, duration, except)
}

func (t *tx) CountActive(userID string) (n int, err error) {
	err = t.query(`SELECT count(*) FROM jobs WHERE user_id = ? AND status IN ('scheduled', 'processing')`, userID).Scan(&n)
	return n, classify(err)
}

func (t *tx) Job(id string) (job.Job, error) { return t.queryJob(selectJob, id) }

func (t *tx) queryJob(query string, arg any) (job.Job, error) {
	return scanJob(t.query(query, arg))
}

func (t *tx) Running(worker string) ([]job.Job, error) { return t.queryJobs(selectRunning, worker) }

func (t *tx) queryJobs(query string, arg any) ([]job.Job, error) {
	statement, err := t.store.statement(query)
	if err != nil {
		return nil, t.noteFault(classify(err))
	}
	jobs, err := scanJobs(statement.QueryContext(context.Background(), arg))
	return jobs, t.noteFault(err)
}
