package store

import (
	"context"
)

// Records reads small values that the service must remember, such as a worker's benchmark.
type Records interface {
	// Record reads one; ErrNotFound.
	Record(ctx context.Context, key string) ([]byte, error)
}
