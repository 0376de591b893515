package dispatch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestNothingStartsInAPause(t *testing.T) {
	within(t, nil, func(b *bench) {
		pause := schedule.Pause{Worker: "gpu", Reason: "expo", UserID: b.user.ID, UserName: "Root"}
		first := b.book(second, 2*second)
		b.gpu.setTakes(func(j job.Job) time.Duration {
			if j.ID == first.ID {
				return 10 * time.Second // it outlasts its slot and reaches into the pause
			}
			return time.Second
		})
		waits := b.book(4*second, 2*second)
		b.update(func(ctx context.Context, tx store.Tx) error {
			pause.Slot = schedule.NewSlot(b.now().UnixMilli()+7*second, 20*second)
			return tx.PutPause(ctx, pause)
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

// pausing is a store in which a pause is written just before the dispatcher's first update, which claims a job.
type pausing struct {
	store.Store
	pause func()
}

func (p pausing) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	p.pause()
	return p.Store.Update(ctx, change)
}

// A pause that covers a booking keeps it from starting before it is moved, however close its start is.
func TestNothingStartsThatAPauseCovers(t *testing.T) {
	for name, last := range map[string]bool{"made in time": false, "made while the start is claimed": true} {
		t.Run(name, func(t *testing.T) {
			var pause func()
			within(t, func(b *bench) {
				start := b.millis() + 10*second
				pause = sync.OnceFunc(func() {
					b.update(func(ctx context.Context, tx store.Tx) error {
						return tx.PutPause(ctx, schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(start+second, 60*second), UserID: b.user.ID})
					})
				})
				b.wrap = func(s store.Store) store.Store { return pausing{s, pause} }
			}, func(b *bench) {
				j := b.book(10*second, 5*second)
				time.Sleep(2 * time.Second)
				if !last {
					pause()
				}
				time.Sleep(10 * time.Second)
				if s := b.starts(); len(s) != 0 {
					t.Errorf("started: %+v", s)
				}
				b.want(j, job.Scheduled)
				time.Sleep(2 * time.Minute)
				b.want(j, job.Completed)
			})
		})
	}
}
