package booking_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// BenchmarkCheck asks what a booking would get, for a user who has many open, with all limits set.
func BenchmarkCheck(b *testing.B) {
	for _, bookings := range []int{0, 200, 10_000} {
		b.Run(fmt.Sprint(bookings), func(b *testing.B) {
			d := open(b, b.TempDir())
			d.limit(account.Limits{OpenBookings: 100_000, MaxSlot: 1e9, OpenTime: 1e12, DayTime: 1e12})
			if _, err := d.store.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
				for i := range bookings {
					j := job.Job{
						ID:       uuid.Must(uuid.NewV7()).String(),
						UserID:   d.ada.ID,
						Worker:   "gpu",
						Workflow: "fox",
						Status:   job.Scheduled,
						Start:    d.in(5000 * int64(i)),
						Duration: 4900,
						Estimate: 4000,
						Attempt:  1,
						Version:  1,
					}
					if err := tx.InsertJob(ctx, j); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				q, problems, err := d.Check(b.Context(), d.ada, request(next(d.in(0))))
				if err != nil || len(problems) > 0 || q.Worker == "" {
					b.Fatal(q, problems, err)
				}
			}
		})
	}
}
