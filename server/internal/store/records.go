package store

import (
	"context"
)

// Records reads small values that the service must remember, such as a worker's benchmark.
type Records interface {
	// Record reads one; ErrNotFound.
	Record(ctx context.Context, key string) ([]byte, error)
}

// RecordsTx writes records.
type RecordsTx interface {
	// PutRecord keeps a value under a key, replacing what was there.
	PutRecord(ctx context.Context, key string, value []byte) error
}
