package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// BenchmarkNextFreeOfAll finds the place on which a job ends first, over 100 lanes that are filled back to back with 10,000 bookings each,
// with a gap now and then that is too small.
func BenchmarkNextFreeOfAll(b *testing.B) {
	const lanes, bookings = 100, 10_000
	r := newRig(b)
	wish := placement.Wish{Moment: 1}
	for lane := range lanes {
		worker := fmt.Sprintf("gpu-%d", lane)
		wish.Candidates = append(wish.Candidates, placement.Candidate{Worker: worker, Length: estimate.Length{Expected: 800, Slot: 900}})
		r.fill(b, worker, bookings)
	}
	undone := errors.New("undone")
	b.ResetTimer()
	var took int
	_, err := r.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
		took = 0
		for b.Loop() {
			if _, err := (*placement.Workers)(nil).Place(ctx, tx, wish); err != nil {
				return err
			}
			took++
		}
		return undone
	})
	if !errors.Is(err, undone) || took == 0 {
		b.Fatal(err)
	}
}

// fill books a lane back to back.
func (r *rig) fill(b *testing.B, worker string, n int) {
	b.Helper()
	if _, err := r.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
		start := int64(1)
		for i := range n {
			j := r.job()
			j.ID, j.Worker, j.Start, j.Inputs = uuid.NewString(), worker, start, nil
			if err := tx.InsertJob(ctx, j); err != nil {
				return err
			}
			if start += j.Duration + 1; i%10 == 0 {
				start += 500
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}
