package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
)

// Events implements store.Audit.
func (s *Store) Events(ctx context.Context, q audit.Query) ([]audit.Event, error) {
	query := `SELECT e.number, e.at_ms, e.user_id, coalesce(u.name, ''), e.address, e.action, e.job_id, e.detail
		FROM events e LEFT JOIN users u ON u.id = e.user_id WHERE true`
	var args []any
	if q.UserID != "" {
		query += ` AND e.user_id = ?`
		args = append(args, q.UserID)
	}
	if q.JobID != "" {
		query += ` AND e.job_id = ?`
		args = append(args, q.JobID)
	}
	if q.Before != 0 {
		query += ` AND e.number < ?`
		args = append(args, q.Before)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY e.number DESC LIMIT ?`, append(args, q.Limit)...)
	return scanAll(rows, err, func(r row) (audit.Event, error) {
		var e audit.Event
		return e, r.Scan(&e.Number, &e.At, &e.UserID, &e.UserName, &e.Address, &e.Action, &e.JobID, &e.Detail)
	})
}

func (t *tx) InsertEvent(_ context.Context, e audit.Event) error {
	const insert = `INSERT INTO events (at_ms, user_id, address, action, job_id, detail, request_id, request_hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	if e.Request.ID == "" {
		return t.exec(insert, e.At, e.UserID, e.Address, string(e.Action), e.JobID, e.Detail, nil, nil)
	}
	number, err := t.insert(insert, e.At, e.UserID, e.Address, string(e.Action), e.JobID, e.Detail, e.Request.ID, e.Request.Hash)
	if err != nil {
		return err
	}
	t.lines.Remember(e.UserID, e.Request.ID, number)
	return nil
}

// ForgetEvents implements store.Tx. Numbers rise with time, so the oldest come first. The last one stays: the next number is
// counted from it.
func (t *tx) ForgetEvents(_ context.Context, before int64, limit int) error {
	return t.exec(`DELETE FROM events WHERE number IN (SELECT number FROM events ORDER BY number LIMIT ?) AND at_ms < ?
		AND number < (SELECT max(number) FROM events)`, limit, before)
}
