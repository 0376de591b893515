package dispatch_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// deaf is a ComfyUI whose answer to an interrupt the service does not live to see.
type deaf struct{ *gpu }

func (deaf) Interrupt(job.Job) {}

// A service that is killed in the middle of its stop, after it has interrupted the job: the next one knows who it was.
func TestInterruptOfAKilledStopIsNotFromOutside(t *testing.T) {
	var j job.Job
	var ended chan error
	within(t, func(b *bench) {
		j, ended = b.book(0, 60*second), make(chan error, 1)
		killed := dispatch.New(dispatch.Config{
			Worker: "gpu",
			Store:  b.store,
			Runner: deaf{b.gpu},
			Now:    b.now,
			Grace:  time.Second,
			Log:    slog.New(slog.DiscardHandler),
		})
		ctx, stop := context.WithCancel(b.t.Context())
		go func() { ended <- killed.Run(ctx) }()
		time.Sleep(time.Second)
		stop()
		time.Sleep(2 * time.Second) // it has interrupted, and now it is as good as killed
		b.gpu.mu.Lock()
		b.gpu.running = 0
		b.gpu.mu.Unlock()
		b.gpu.setTakes(func(job.Job) time.Duration { return time.Second })
		b.gpu.setEnds(func(j job.Job) dispatch.Outcome {
			if j.Attempt == 1 {
				return dispatch.Outcome{Verdict: dispatch.Interrupted}
			}
			return completes(j)
		})
	}, func(b *bench) {
		time.Sleep(5 * time.Second)
		if got := b.want(j, job.Completed); got.Attempt != 2 || got.Delay == nil || got.Delay.Kind != job.Retry {
			t.Errorf("job: %+v", got)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// full is a store on a full disk: it reads, and does not write.
type full struct {
	store.Store
	freed atomic.Bool
}

func (f *full) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	if f.freed.Load() {
		return f.Store.Update(ctx, change)
	}
	return store.Revision{}, store.ErrFull
}

// The disk may be full when the service is told to stop, and when it is started.
func TestFullDiskDoesNotKeepTheServiceFromStopping(t *testing.T) {
	within(t, func(b *bench) {
		j := b.book(0, 60*second)
		j.StartProcessing()
		b.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
		b.gpu.setTakes(func(job.Job) time.Duration { return 5 * time.Second })
		disk := &full{Store: b.store}
		d := dispatch.New(dispatch.Config{
			Worker: "gpu",
			Store:  disk,
			Runner: b.gpu,
			Now:    b.now,
			Grace:  time.Minute,
			Log:    slog.New(slog.DiscardHandler),
		})
		ctx, stop := context.WithCancel(b.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		time.Sleep(3 * time.Second)
		b.gpu.mu.Lock()
		if b.gpu.running != 1 {
			t.Error("the running job was not adopted")
		}
		b.gpu.mu.Unlock()
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Minute):
			t.Error("it does not stop")
			disk.freed.Store(true)
			<-ended
		}
		b.want(j, job.Processing) // to be looked up by the next start
	}, func(b *bench) {})
}

// A run may end while the disk is full, and the stop come before its outcome could be written.
func TestFullDiskWithAnUnwrittenOutcomeDoesNotKeepTheServiceFromStopping(t *testing.T) {
	for name, freed := range map[string]bool{"freed in time": true, "not freed": false} {
		t.Run(name, func(t *testing.T) {
			within(t, func(b *bench) {
				j := b.book(0, 60*second)
				j.StartProcessing()
				b.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
				b.gpu.setTakes(func(job.Job) time.Duration { return time.Second })
				disk := &full{Store: b.store}
				d := dispatch.New(dispatch.Config{
					Worker: "gpu",
					Store:  disk,
					Runner: b.gpu,
					Now:    b.now,
					Grace:  time.Minute,
					Log:    slog.New(slog.DiscardHandler),
				})
				ctx, stop := context.WithCancel(b.t.Context())
				ended := make(chan error, 1)
				go func() { ended <- d.Run(ctx) }()
				time.Sleep(5 * time.Second)
				stop()
				time.Sleep(3 * time.Second)
				disk.freed.Store(freed)
				select {
				case err := <-ended:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(5 * time.Minute):
					t.Error("it does not stop")
					disk.freed.Store(true)
					<-ended
				}
				if freed {
					b.want(j, job.Completed)
				} else {
					b.want(j, job.Processing) // to be looked up by the next start
				}
			}, func(b *bench) {})
		})
	}
}
