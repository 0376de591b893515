package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// rows writes what a booking writes, into the tables of the service and with its durability, all that wait to a commit. It
// checks nothing, looks nothing up and keeps nothing in mind: it is what the database allows.
type rows struct {
	writer   *sql.Conn
	waiting  chan chan error
	user     string
	start    int64
	commands map[string]driver.StmtExecContext
}

const (
	insertJob = `INSERT INTO jobs (id, user_id, worker, workflow, workflow_version, status, start_ms, end_ms, estimate_ms, load_ms,
		basis, sooner, pinned, promised_ms, series, series_index, inputs, attempt, losses, epoch, cancel_requested, version,
		created_ms, started_ms, finished_ms)
		VALUES (?, ?, 'gpu', 'flux_klein', 'd940b056bcfba62cde839d38bcb609d4a6447a60db759847f25c2c74538f0159', 'scheduled', ?, ?, 363,
			0, 'measured', 0, 0, ?, '', 0, '{"height":{"integer":1024},"prompt":{"text":"' || ? ||
			'"},"seed":{"seed":12194687650148868248},"steps":{"integer":4},"width":{"integer":1024}}', 1, 0, '', 0, 1, ?, 0, 0)`
	insertEvent = `INSERT INTO events (at_ms, user_id, address, action, job_id, detail, request_id, request_hash)
		VALUES (?, ?, '127.0.0.1', 'book', ?, 'at 2028-06-22 18:03:59.208 UTC', ?, randomblob(16))`
	insertChange = `INSERT INTO changes (revision, at_ms, things) SELECT max(revision) + 1, ?, ? FROM changes`
)

func openRows(ctx context.Context, file string) (*rows, error) {
	user := account.User{ID: uuid.NewString(), Name: "bench"}
	if err := makeTables(ctx, file, user); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(8000)")
	if err != nil {
		return nil, err
	}
	writer, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &rows{
		writer:   writer,
		waiting:  make(chan chan error, 256),
		user:     user.ID,
		start:    time.Now().UnixMilli(),
		commands: map[string]driver.StmtExecContext{},
	}
	go r.work()
	return r, nil
}

// makeTables leaves it to the service's own store what the tables are.
func makeTables(ctx context.Context, file string, user account.User) error {
	s, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	_, err = s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertUser(ctx, user)
	})
	return errors.Join(err, s.Close())
}

// write returns when a booking's rows are on disk.
func (r *rows) write() error {
	done := make(chan error, 1)
	r.waiting <- done
	return <-done
}

func (r *rows) work() {
	for first := range r.waiting {
		batch := []chan error{first}
		for len(r.waiting) > 0 {
			batch = append(batch, <-r.waiting)
		}
		err := r.commit(len(batch))
		for _, done := range batch {
			done <- err
		}
	}
}

// commit writes the rows of n bookings, and what the log tells of them.
func (r *rows) commit(n int) error {
	return r.writer.Raw(func(c any) error {
		connection := c.(driver.ConnPrepareContext)
		if err := r.exec(connection, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		var things strings.Builder
		for range n {
			id := uuid.Must(uuid.NewV7()).String()
			r.start += spacing
			if err := r.exec(connection, insertJob, id, r.user, r.start, r.start+613, r.start, fox, r.start); err != nil {
				return err
			}
			if err := r.exec(connection, insertEvent, r.start, r.user, id, id); err != nil {
				return err
			}
			fmt.Fprintf(&things, "job %s\n", id)
		}
		if err := r.exec(connection, insertChange, r.start, things.String()); err != nil {
			return err
		}
		return r.exec(connection, "COMMIT")
	})
}

func (r *rows) exec(c driver.ConnPrepareContext, text string, values ...driver.Value) error {
	command, known := r.commands[text]
	if !known {
		prepared, err := c.PrepareContext(context.Background(), text)
		if err != nil {
			return fmt.Errorf("prepare %.40q: %w", text, err)
		}
		command = prepared.(driver.StmtExecContext)
		r.commands[text] = command
	}
	arguments := make([]driver.NamedValue, len(values))
	for i, value := range values {
		arguments[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	_, err := command.ExecContext(context.Background(), arguments)
	return err
}

// rate returns the number of bookings written in a second, 16 to a commit.
func (r *rows) rate(length time.Duration) (float64, error) {
	n := 0
	began := time.Now()
	for ; time.Since(began) < length; n += 16 {
		if err := r.commit(16); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}

// rowBytes returns the length of the values of the latest booking in a file: those of its job and of its event.
func rowBytes(ctx context.Context, file string) (float64, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=query_only(1)")
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	total := 0.0
	for table, order := range map[string]string{"jobs": "created_ms", "events": "number"} {
		var columns string
		err := db.QueryRowContext(ctx, `SELECT group_concat('coalesce(octet_length("' || name || '"), 0)', ' + ') FROM pragma_table_info(?)`,
			table).Scan(&columns)
		if err != nil {
			return 0, err
		}
		var bytes float64
		err = db.QueryRowContext(ctx, "SELECT "+columns+" FROM "+table+" ORDER BY "+order+" DESC LIMIT 1").Scan(&bytes)
		if err != nil {
			return 0, fmt.Errorf("%s of %s: %w", table, file, err)
		}
		total += bytes
	}
	return total, nil
}
