package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Timelines reads what is taken and what is free. A worker of whom nothing is known has an empty timeline.
type Timelines interface {
	// FreeSlots lists free stretches of a worker, as schedule.Timeline.Free.
	FreeSlots(ctx context.Context, worker string, from, duration int64, limit int) ([]schedule.Gap, error)
	// Booked lists the active bookings of a worker that overlap the slot, earliest first, at most limit of them; all for a
	// limit of 0.
	Booked(ctx context.Context, worker string, slot schedule.Slot, limit int) ([]schedule.Booking, error)
	// Movable lists the jobs that may start earlier than their slots on a worker, or elsewhere when they are not pinned to
	// it: those that are pinned to no other one, by the start that was promised and id, behind a cursor of these, at most limit.
	Movable(ctx context.Context, worker string, behind Cursor, limit int) ([]Movable, error)
}

// Movable is a job that may start earlier than its slot.
type Movable struct {
	ID       string
	Version  int64  // of the job
	Worker   string // that has its slot
	Pinned   string // the worker that it must stay on; empty: none
	Promised int64  // the latest start that its owner was promised
}

// Cursor is the job's place in their order.
func (m Movable) Cursor() Cursor { return Cursor{Start: m.Promised, ID: m.ID} }

// TimelinesTx reads the timelines as an update sees them.
type TimelinesTx interface {
	// Blocking finds the earliest active job of a worker that overlaps the slot, the job except left out, or its pause,
	// whose id is PauseID.
	Blocking(ctx context.Context, worker string, slot schedule.Slot, except string) (id string, found bool, err error)
	// Before finds the last active booking of a worker that starts before a moment, the one held by except left out.
	Before(ctx context.Context, worker string, moment int64, except string) (b schedule.Booking, found bool, err error)
	// Within lists the active bookings of a worker that overlap the slot, earliest first, at most limit of them; all for a
	// limit of 0.
	Within(ctx context.Context, worker string, slot schedule.Slot, limit int) ([]schedule.Booking, error)
	// NextFree is the earliest start at or after from at which duration fits on the worker, as if except held nothing, and
	// outside its pause.
	NextFree(ctx context.Context, worker string, from, duration int64, except string) (int64, error)
	// RunsUntil tells whether jobs run on the worker, the job except left out, and when the last of them is expected to end. It costs
	// next to nothing.
	RunsUntil(ctx context.Context, worker, except string) (until int64, runs bool, err error)
}
