package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Outages reads which workers are out of service.
type Outages interface {
	// Outage reads since when a worker is out of service, and why; false: it is in service.
	Outage(ctx context.Context, worker string) (o schedule.Outage, found bool, err error)
}

// OutagesTx reads and writes which workers are out of service. It keeps no booking from them: whoever books asks.
type OutagesTx interface {
	Outages
	// Outages reads those of all workers, by worker.
	Outages(ctx context.Context) ([]schedule.Outage, error)
	// PutOutage takes a worker out of service, or says another reason for it.
	PutOutage(ctx context.Context, o schedule.Outage) error
	// DropOutage returns a worker to service; where it is in service it does nothing.
	DropOutage(ctx context.Context, worker string) error
}
