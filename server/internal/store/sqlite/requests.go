package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// firstRequest is the number of the first event whose request is remembered.
const firstRequest = `(SELECT value FROM counters WHERE name = 'first request')`

func (s *Store) loadRequests(ctx context.Context) error {
	return s.eachRequest(ctx, `number >= `+firstRequest, s.lines.Remember)
}

// eachRequest goes through those of some events.
func (s *Store) eachRequest(ctx context.Context, of string, do func(userID, requestID string, event int64), args ...any) error {
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
		do(userID, requestID, event)
	}
	return rows.Err()
}

func (t *tx) Request(_ context.Context, userID, requestID string) (jobID string, hash []byte, err error) {
	event, known := t.lines.Request(userID, requestID)
	if !known {
		return "", nil, store.ErrNotFound
	}
	err = t.query(`SELECT job_id, request_hash FROM events WHERE number = ?`, event).Scan(&jobID, &hash)
	return jobID, hash, of("request", err)
}

func (t *tx) ForgetRequests(_ context.Context, before int64) error {
	var first int64
	const kept = `SELECT coalesce((SELECT number FROM events WHERE number >= ` + firstRequest + ` AND at_ms >= ?
		ORDER BY number LIMIT 1), (SELECT max(number) + 1 FROM events), 0)`
	if err := t.query(kept, before).Scan(&first); err != nil {
		return classify(err)
	}
	err := t.store.eachRequest(context.Background(), `number >= `+firstRequest+` AND number < ?`, t.lines.Forget, first)
	if err != nil {
		return t.noteFault(classify(err))
	}
	return t.exec(`UPDATE counters SET value = ?1 WHERE name = 'first request' AND value < ?1`, first)
}
