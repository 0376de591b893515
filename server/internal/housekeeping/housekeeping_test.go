package housekeeping_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/housekeeping"
)

func TestTasksAreDoneEveryHourWhileTheClockGoesRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var set, failing, done atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(set.Load())) }
		fails := func(context.Context) error {
			failing.Add(1)
			return errors.New("it does not work")
		}
		task := func(context.Context) error {
			done.Add(1)
			return nil
		}
		ended := make(chan error)
		go func() { ended <- housekeeping.Run(ctx, now, slog.New(slog.DiscardHandler), fails, task) }()
		after := func(wait time.Duration, want int64, why string) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if done.Load() != want || failing.Load() != want {
				t.Errorf("%s: done %d times, and %d times in vain, want %d", why, done.Load(), failing.Load(), want)
			}
		}
		time.Sleep(30 * time.Second) // between two looks at the clock
		after(9*time.Minute, 0, "before it is known that the clock goes right")
		after(2*time.Minute, 1, "after ten minutes")
		after(58*time.Minute, 1, "within the hour")
		after(3*time.Minute, 2, "an hour later")
		time.Sleep(55 * time.Minute)
		set.Store(int64(24 * time.Hour))
		after(10*time.Minute, 2, "after the clock was set")
		after(5*time.Minute, 3, "when it has gone right again")
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
