package dispatch_test

import (
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestNothingStartsInAPause(t *testing.T) {
	within(t, nil, func(b *bench) {
		pause := store.Pause{Worker: "gpu", Reason: "expo", UserID: b.user.ID, UserName: "Root"}
		first := b.book(second, 2*second)
		b.gpu.setTakes(func(j job.Job) time.Duration {
			if j.ID == first.ID {
				return 10 * time.Second // it outlasts its slot and reaches into the pause
			}
			return time.Second
		})
		waits := b.book(4*second, 2*second)
		b.update(func(tx store.Tx) error {
			pause.Slot = schedule.NewSlot(b.now().UnixMilli()+7*second, 20*second)
			return tx.PutPause(pause)
		})
		after := b.book(27*second+1, 2*second)
		time.Sleep(8 * time.Second)
		b.gpu.mu.Lock()
		if b.gpu.rests != 0 {
			t.Error("the GPU was freed under a running job")
		}
		b.gpu.mu.Unlock()
		time.Sleep(12 * time.Second)
		if n := len(b.starts()); n != 1 {
			t.Fatalf("%d starts in the middle of the pause", n)
		}
		time.Sleep(time.Minute)
		b.want(after, job.Completed)
		if got := b.want(waits, job.Completed); got.Start <= after.Start || got.Delay == nil || got.Delay.Kind != job.Overdue {
			t.Errorf("what had to wait: %+v %+v", got, got.Delay)
		}
		for _, s := range b.starts()[1:] {
			if s.at <= pause.Slot.End {
				t.Errorf("started at %d, the pause ends at %d", s.at, pause.Slot.End)
			}
		}
		if b.gpu.rests != 1 {
			t.Errorf("the GPU was freed %d times", b.gpu.rests)
		}
	})
}
