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

// firstRequest is the number of the first event whose request is remembered.
const firstRequest = `(SELECT value FROM counters WHERE name = 'first request')`

func (s *Store) loadRequests(ctx context.Context) error {
	return s.eachRequest(ctx, `number >= `+firstRequest, func(key requestKey, event int64) { s.requests[key] = event })
}

// eachRequest goes through those of some events.
func (s *Store) eachRequest(ctx context.Context, of string, do func(key requestKey, event int64), args ...any) error {
	rows, err := s.writer.QueryContext(ctx, `SELECT number, user_id, request_id FROM events WHERE request_id IS NOT NULL AND `+of, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var event int64
		var userID, requestID string
		if err := rows.Scan(&event, &userID, &requestID); err != nil {
			return err
		}
		do(keyOf(userID, requestID), event)
	}
	return rows.Err()
}

func (t *tx) Request(userID, requestID string) (jobID string, hash []byte, err error) {
	event, known := t.store.requests[keyOf(userID, requestID)]
	if !known {
		return "", nil, store.ErrNotFound
	}
	err = t.query(`SELECT job_id, request_hash FROM events WHERE number = ?`, event).Scan(&jobID, &hash)
	return jobID, hash, classify(err)
}

func (t *tx) remember(userID, requestID string, event int64) {
	key := keyOf(userID, requestID)
	before, known := t.store.requests[key]
	t.store.requests[key] = event
	t.undos = append(t.undos, func() {
		if delete(t.store.requests, key); known {
			t.store.requests[key] = before
		}
	})
}

func (t *tx) ForgetRequests(before int64) error {
	var first int64
	const kept = `SELECT coalesce((SELECT number FROM events WHERE number >= ` + firstRequest + ` AND at_ms >= ? ORDER BY number LIMIT 1), (SELECT max(number) + 1 FROM events), 0)`
	if err := t.query(kept, before).Scan(&first); err != nil {
		return classify(err)
	}
	err := t.store.eachRequest(context.Background(), `number >= `+firstRequest+` AND number < ?`, func(key requestKey, event int64) {
		if t.store.requests[key] == event {
			delete(t.store.requests, key)
			t.undos = append(t.undos, func() { t.store.requests[key] = event })
		}
	}, first)
	if err != nil {
		return t.noteFault(classify(err))
	}
	return t.exec(`UPDATE counters SET value = ?1 WHERE name = 'first request' AND value < ?1`, first)
}
