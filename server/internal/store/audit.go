package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
)

// Audit reads who did what.
type Audit interface {
	// Events reads the events of a query, latest first.
	Events(ctx context.Context, q audit.Query) ([]audit.Event, error)
}

// AuditTx writes who did what, and knows the requests that it came of.
type AuditTx interface {
	// InsertEvent writes down what somebody did, and remembers the request. Its number is given by the store.
	InsertEvent(ctx context.Context, e audit.Event) error
	// ForgetEvents drops events from before a moment, at most limit of them, but never the last.
	ForgetEvents(ctx context.Context, before int64, limit int) error
	// Request reads the job of the event that came of a user's request, and the hash of that request; ErrNotFound.
	Request(ctx context.Context, userID, requestID string) (jobID string, hash []byte, err error)
	// ForgetRequests forgets the requests of events from before a moment.
	ForgetRequests(ctx context.Context, before int64) error
}
