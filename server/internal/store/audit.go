package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
)

// Trail reads who did what.
type Trail interface {
	// Events reads the events of a query, latest first.
	Events(ctx context.Context, q audit.Query) ([]audit.Event, error)
}
