package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// event is one thing that happens to a dispatcher.
type event struct {
	What string // "book", "wait", "jump", "busy", "idle"
	By   int64  // milliseconds: until the slot, of the wait, of the clock
	For  int64  // milliseconds of the slot
}

func events(t *rapid.T) event {
	e := event{What: rapid.SampledFrom([]string{"book", "book", "book", "wait", "wait", "jump", "busy", "idle"}).Draw(t, "what")}
	switch e.What {
	case "book":
		e.By, e.For = rapid.Int64Range(0, 60*second).Draw(t, "in"), rapid.Int64Range(1, 60*second).Draw(t, "for")
	case "wait":
		e.By = rapid.Int64Range(1, 30*second).Draw(t, "ms")
	case "jump":
		e.By = rapid.Int64Range(-60*second, 60*second).Draw(t, "by")
	}
	return e
}

// rules holds the dispatcher to what was promised. Moments are of the bubble: the wall clock jumps.
type rules struct {
	*bench
	mu      sync.Mutex
	freed   time.Time // the GPU became idle, or said so
	jumped  time.Time // the clock
	started map[string]int
	wrong   []string
}

func (r *rules) say(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

// at notes that something happens now.
func (r *rules) at(moment *time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*moment = time.Now()
}

// begins is called at each start, with the job as it was claimed.
func (r *rules) begins(j job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.millis()
	if !j.Slot().Contains(now) {
		r.say("job started at %d, its slot is %+v", now, j.Slot())
	}
	r.started[j.ID]++
	// Nothing waits without a cause: for the GPU, or for the look that sees that the clock was set.
	due := time.Now().Add(-time.Duration(now-j.Start) * time.Millisecond)
	for _, cause := range []time.Time{r.freed, r.jumped.Add(time.Second)} {
		if cause.After(due) {
			due = cause
		}
	}
	if late := time.Since(due); late > 2*time.Millisecond {
		r.say("job started %v after it could", late)
	}
}

// Whatever is booked, however long runs take, whatever the clock does: each job runs once, within a slot that is its own,
// and as soon as it can.
func TestRules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		story := rapid.SliceOfN(rapid.Custom(events), 1, 20).Draw(rt, "story")
		lengths := rapid.SliceOfN(rapid.Int64Range(0, 40*second), 1, 10).Draw(rt, "lengths of the runs")
		r := &rules{started: map[string]int{}}
		within(t, func(b *bench) {
			r.bench = b
			b.gpu.setTakes(func(j job.Job) time.Duration {
				r.begins(j)
				return time.Duration(lengths[(len(r.started)-1)%len(lengths)]) * time.Millisecond
			})
			b.gpu.setEnds(func(j job.Job) dispatch.Outcome {
				r.at(&r.freed)
				return completes(j)
			})
		}, func(b *bench) { r.play(story) })
		for _, wrong := range r.wrong {
			rt.Error(wrong)
		}
	})
}

func (r *rules) play(story []event) {
	var booked []job.Job
	for _, e := range story {
		synctest.Wait() // the clock is not set in the middle of a start
		switch e.What {
		case "book":
			if j, free := r.bookIfFree(e.By, e.For); free {
				booked = append(booked, j)
			}
		case "wait":
			time.Sleep(time.Duration(e.By) * time.Millisecond)
		case "jump":
			r.at(&r.jumped)
			r.jumpClock(time.Duration(e.By) * time.Millisecond)
		case "busy":
			r.gpu.setBusy("somebody else's prompt")
		case "idle":
			r.idle()
		}
	}
	r.idle()
	for range 24 * 60 {
		if active, err := r.store.ActiveJobs(r.t.Context()); err == nil && len(active) == 0 {
			break
		}
		time.Sleep(time.Minute)
	}
	time.Sleep(time.Minute) // the longest run
	for _, j := range booked {
		if done := r.job(j.ID); done.Status != job.Completed || r.started[j.ID] != 1 {
			r.say("job in slot %+v is %s after %d starts: %+v", j.Slot(), done.Status, r.started[j.ID], done)
		}
	}
}

func (r *rules) idle() {
	r.at(&r.freed)
	r.gpu.setBusy("")
}

func (r *rules) bookIfFree(in, duration int64) (job.Job, bool) {
	var taken bool
	j := r.newJob(in, duration)
	r.update(func(ctx context.Context, tx store.Tx) error {
		if _, taken, _ = tx.Blocking(ctx, j.Worker, j.Slot(), ""); taken {
			return nil
		}
		return tx.InsertJob(ctx, j)
	})
	return j, !taken
}
