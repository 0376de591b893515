package sqlite

import (
	"context"
	"crypto/sha256"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// requestKey stands for a user and a request id.
type requestKey [16]byte

func keyOf(userID, requestID string) requestKey {
	sum := sha256.Sum256([]byte(userID + "\x00" + requestID))
	return requestKey(sum[:16])
}

func (s *Store) loadRequests(ctx context.Context) error {
	rows, err := s.writer.QueryContext(ctx, `SELECT rowid, user_id, request_id FROM requests`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row int64
		var userID, requestID string
		if err := rows.Scan(&row, &userID, &requestID); err != nil {
			return err
		}
		s.requests[keyOf(userID, requestID)] = row
	}
	return rows.Err()
}

func (t *tx) Request(userID, requestID string) (jobID string, hash []byte, err error) {
	row, known := t.store.requests[keyOf(userID, requestID)]
	if !known {
		return "", nil, store.ErrNotFound
	}
	err = t.query(`SELECT job_id, hash FROM requests WHERE rowid = ?`, row).Scan(&jobID, &hash)
	return jobID, hash, classify(err)
}

func (t *tx) InsertRequest(userID, requestID, jobID string, hash []byte, now int64) error {
	const insert = `INSERT INTO requests (user_id, request_id, job_id, hash, created_ms) VALUES (?, ?, ?, ?, ?)`
	key := keyOf(userID, requestID)
	row, err := t.insert(insert, userID, requestID, jobID, hash, now)
	if err != nil {
		return err
	}
	t.store.requests[key] = row
	t.undos = append(t.undos, func() { delete(t.store.requests, key) })
	return nil
}

func (t *tx) ForgetRequests(before int64) error {
	// They lie in the order of their age: nothing behind the first that stays is read.
	const old = ` FROM requests WHERE rowid < coalesce((SELECT rowid FROM requests WHERE created_ms >= ? ORDER BY rowid LIMIT 1), 9223372036854775807)`
	rows, err := t.store.writer.QueryContext(context.Background(), `SELECT rowid, user_id, request_id`+old, before)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row int64
		var userID, requestID string
		if err := rows.Scan(&row, &userID, &requestID); err != nil {
			return classify(err)
		}
		key := keyOf(userID, requestID)
		delete(t.store.requests, key)
		t.undos = append(t.undos, func() { t.store.requests[key] = row })
	}
	if err := rows.Err(); err != nil {
		return classify(err)
	}
	return t.exec(`DELETE`+old, before)
}
