package sqlite

import (
	"context"
	"errors"
)

// Record implements store.Records.
func (s *Store) Record(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := s.read.QueryRowContext(ctx, `SELECT value FROM records WHERE key = ?`, key).Scan(&value)
	return value, of("record "+key, err)
}

func (t *tx) PutRecord(_ context.Context, key string, value []byte) error {
	if value == nil {
		return errors.New("a record needs a value")
	}
	return t.exec(`INSERT INTO records (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}
