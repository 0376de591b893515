package main

import (
	"context"
	"database/sql"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// rows writes plain rows of a booking's size with the database and the durability of the service, all that wait to a commit.
type rows struct {
	db      *sql.DB
	waiting chan chan error
}

const insertRow = `INSERT INTO rows (text) VALUES (zeroblob(400))`

func openRows(ctx context.Context, file string) (*rows, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE rows (id INTEGER PRIMARY KEY, text BLOB)`); err != nil {
		return nil, err
	}
	r := &rows{db: db, waiting: make(chan chan error, 256)}
	go r.work(ctx)
	return r, nil
}

// write returns when the row is on disk.
func (r *rows) write() error {
	done := make(chan error, 1)
	r.waiting <- done
	return <-done
}

func (r *rows) work(ctx context.Context) {
	for first := range r.waiting {
		batch := []chan error{first}
		for len(r.waiting) > 0 {
			batch = append(batch, <-r.waiting)
		}
		err := r.commit(ctx, len(batch))
		for _, done := range batch {
			done <- err
		}
	}
}

func (r *rows) commit(ctx context.Context, n int) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	insert, err := tx.PrepareContext(ctx, insertRow)
	if err != nil {
		return err
	}
	for range n {
		if _, err := insert.ExecContext(ctx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// rate is how many rows are written in a second, 16 to a commit.
func (r *rows) rate(ctx context.Context, length time.Duration) (float64, error) {
	n := 0
	began := time.Now()
	for ; time.Since(began) < length; n += 16 {
		if err := r.commit(ctx, 16); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
