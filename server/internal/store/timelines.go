package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Timelines reads what is taken and what is free. A worker of whom nothing is known has an empty timeline.
type Timelines interface {
	// FreeSlots lists free stretches of a worker, as schedule.Timeline.Free.
	FreeSlots(ctx context.Context, worker string, from, duration int64, limit int) ([]schedule.Gap, error)
}

// TimelinesTx reads the timelines as an update sees them.
type TimelinesTx interface {
	// Blocking finds the earliest active job of a worker that overlaps the slot, the job except left out, or its pause,
	// whose id is PauseID.
	Blocking(ctx context.Context, worker string, slot schedule.Slot, except string) (id string, found bool, err error)
	// Within lists the active bookings of a worker that overlap the slot, earliest first, at most limit of them; all for a
	// limit of 0.
	Within(ctx context.Context, worker string, slot schedule.Slot, limit int) ([]schedule.Booking, error)
	// NextFree is the earliest start at or after from at which duration fits on the worker, as if except held nothing, and
	// outside its pause.
	NextFree(ctx context.Context, worker string, from, duration int64, except string) (int64, error)
}
