package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// BenchmarkBookedTime tells what the limits of a user cost who has many bookings open, half of them on the day that is asked for.
func BenchmarkBookedTime(b *testing.B) {
	for _, bookings := range []int{10, 200, 10_000} {
		b.Run(fmt.Sprint(bookings), func(b *testing.B) {
			r := newRig(b)
			r.fill(b, "gpu", bookings)
			day := schedule.Slot{Start: 0, End: int64(bookings) * 951 / 2}
			undone := errors.New("undone")
			b.ResetTimer()
			_, err := r.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
				for b.Loop() {
					n, err := tx.CountActive(ctx, r.user.ID)
					if err != nil || n != bookings {
						return fmt.Errorf("%d bookings: %w", n, err)
					}
					if _, _, err := tx.BookedTime(ctx, r.user.ID, day, ""); err != nil {
						return err
					}
				}
				return undone
			})
			if !errors.Is(err, undone) {
				b.Fatal(err)
			}
		})
	}
}
