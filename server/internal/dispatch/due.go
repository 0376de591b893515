package dispatch

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// DueWithin reports whether a slot or a pause of a worker begins within that many milliseconds, or nothing may start there at all.
// When that cannot be read, none does.
func DueWithin(ctx context.Context, s store.Store, worker string, now, ms int64) bool {
	if pause, planned, err := s.Pause(ctx, worker); err == nil && planned && pause.Slot.Overlaps(schedule.NewSlot(now, ms)) {
		return true
	}
	if _, out, err := s.Outage(ctx, worker); err == nil && out {
		return true // nothing starts there
	}
	next, err := s.NextScheduled(ctx, worker, now)
	return err == nil && next.Start <= now+ms
}
