package dispatch_test

import (
	"context"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// A service that starts with a clock that is wrong, as a machine whose battery is empty does, displaces what is booked only until
// the clock is set right.
func TestStartWithAWrongClockDisplacesNothing(t *testing.T) {
	var booked []job.Job
	within(t, func(b *bench) {
		for i := range int64(5) {
			booked = append(booked, b.book((600+i*20)*second, 10*second))
		}
		b.jumpClock(time.Hour)
	}, func(b *bench) {
		time.Sleep(2 * time.Second)
		for _, j := range booked {
			if got := b.job(j.ID); got.Status == job.Scheduled && got.Start == j.Start {
				t.Errorf("by the wrong clock job %s is over, and nothing was done", j.ID)
			}
		}
		b.jumpClock(-time.Hour)
		time.Sleep(3 * time.Second)
		for _, j := range booked {
			if got := b.job(j.ID); got.Status == job.Scheduled && (got.Start != j.Start || got.Delay != nil) {
				t.Errorf("booked for %d, stands at %d: %+v", j.Start, got.Start, got.Delay)
			}
		}
	})
}

// What an earlier life of the service has displaced by a wrong clock is moved back by the next one, whose clock is right.
func TestNextStartMovesBackWhatAWrongClockDisplaced(t *testing.T) {
	var booked []job.Job
	within(t, func(b *bench) {
		for i := range int64(50) { // several steps
			j := b.book((600+i*20)*second, 10*second)
			booked = append(booked, j)
			b.update(func(ctx context.Context, tx store.Tx) error {
				displaced, err := tx.Job(ctx, j.ID)
				if err != nil {
					return err
				}
				displaced.MoveOverdue(job.Place{
					Worker:   j.Worker,
					Start:    j.Start + 7200*second,
					Duration: j.Duration,
					Estimate: j.Estimate,
				}, "the machine's clock was set, or it slept")
				return tx.UpdateJob(ctx, displaced)
			})
		}
	}, func(b *bench) {
		time.Sleep(3 * time.Second)
		for _, j := range booked {
			if got := b.want(j, job.Scheduled); got.Start != j.Start || got.Delay != nil {
				t.Errorf("booked for %d, stands at %d: %+v", j.Start, got.Start, got.Delay)
			}
		}
	})
}

// Slots that were disjoint when they were booked are so again, although the jobs would be booked for longer by now: none takes the room
// of one that has yet to come back.
func TestDisplacedJobsTakeTheirVerySlotsBack(t *testing.T) {
	var booked []job.Job
	within(t, func(b *bench) {
		several("two", "three")(b)
		booked = append(booked,
			b.sooner("gpu", 600*second, 10*second, exact),
			b.sooner("gpu", 611*second, 10*second, exact),
			b.sooner("two", 600*second, 10*second, exact),
			b.sooner("three", 611*second, 10*second, exact, pinned))
		for i, worker := range []string{"gpu", "three", "two", "three"} {
			b.update(func(ctx context.Context, tx store.Tx) error {
				moved, err := tx.Job(ctx, booked[i].ID)
				if err != nil {
					return err
				}
				moved.Inputs = workflow.Values{"slot": workflow.Integer(20 * second)}
				moved.MoveOverdue(job.Place{
					Worker:   worker,
					Start:    booked[i].Start + (7200+int64(i)*100)*second,
					Duration: 20 * second,
					Estimate: 18 * second,
				}, "the machine's clock was set, or it slept")
				return tx.UpdateJob(ctx, moved)
			})
		}
	}, func(b *bench) {
		time.Sleep(3 * time.Second)
		for _, j := range booked {
			got := b.want(j, job.Scheduled)
			if got.Start != j.Start || got.Delay != nil || got.Worker != j.Worker || got.Duration != j.Duration || got.Estimate != j.Estimate {
				t.Errorf("booked for %d and %d ms on %s, stands at %d for %d ms on %s: %+v", j.Start, j.Duration, j.Worker, got.Start,
					got.Duration, got.Worker, got.Delay)
			}
		}
	})
}

// What a wrong clock has displaced to another worker goes back to its own, where that has the place still, else to any.
func TestDisplacedJobsGoBackToTheirWorkers(t *testing.T) {
	var booked, displaced []job.Job
	within(t, func(b *bench) {
		several("two", "three")(b)
		for i := range int64(3) {
			in := (600 + i*20) * second
			for _, worker := range []string{"gpu", "two"} {
				booked = append(booked, b.sooner(worker, in, 10*second, exact))
			}
		}
		displaced = append(displaced, booked[1], booked[3], booked[4])
		for i, j := range displaced {
			b.update(func(ctx context.Context, tx store.Tx) error {
				moved, err := tx.Job(ctx, j.ID)
				if err != nil {
					return err
				}
				for n := range int64(2) { // twice, to another each time
					moved.MoveOverdue(job.Place{
						Worker:   []string{"two", "gpu"}[n],
						Start:    j.Start + (7200+n*200+int64(i)*20)*second,
						Duration: j.Duration,
						Estimate: j.Estimate,
					}, "the machine's clock was set, or it slept")
				}
				return tx.UpdateJob(ctx, moved)
			})
		}
		taken := b.sooner("two", 620*second, 10*second, exact) // the slot of the second is somebody else's now
		booked = append(booked, taken)
	}, func(b *bench) {
		time.Sleep(3 * time.Second)
		for i, j := range booked {
			want := j.Worker
			if i == 3 {
				want = "three"
			}
			if got := b.want(j, job.Scheduled); got.Start != j.Start || got.Delay != nil || got.Worker != want {
				t.Errorf("booked for %d on %s, stands at %d on %s: %+v", j.Start, j.Worker, got.Start, got.Worker, got.Delay)
			}
		}
	})
}

// A displaced job whose slot is gone everywhere, to a pause or to others, is not left years away: it gets the next start after its own.
func TestDisplacedJobsWhoseSlotsAreGoneComeNear(t *testing.T) {
	const years = 10 * 365 * 24 * 3600
	var paused, taken, instead job.Job
	var until int64
	within(t, func(b *bench) {
		several("two")(b)
		paused = b.sooner("gpu", 600*second, 10*second, exact)
		taken = b.sooner("gpu", 900*second, 10*second, exact)
		for i, j := range []job.Job{paused, taken} {
			b.update(func(ctx context.Context, tx store.Tx) error {
				moved, err := tx.Job(ctx, j.ID)
				if err != nil {
					return err
				}
				moved.MoveOverdue(job.Place{
					Worker:   "two",
					Start:    j.Start + (years+int64(i)*100)*second,
					Duration: j.Duration,
					Estimate: j.Estimate,
				}, "the machine's clock was set, or it slept")
				return tx.UpdateJob(ctx, moved)
			})
		}
		pause := schedule.Pause{Slot: schedule.NewSlot(b.millis()+590*second, 60*second), UserID: b.user.ID}
		until = pause.Slot.End + 1 // slots that touch collide
		for _, worker := range []string{"gpu", "two"} {
			pause.Worker = worker
			b.update(func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) })
			instead = b.sooner(worker, 905*second, 10*second, exact, pinned)
		}
	}, func(b *bench) {
		time.Sleep(3 * time.Second)
		if got := b.want(paused, job.Scheduled); got.Start != until || got.Delay == nil || got.Delay.BookedStart != paused.Start {
			t.Errorf("booked for %d, paused until %d, stands at %d: %+v", paused.Start, until, got.Start, got.Delay)
		}
		if got := b.want(taken, job.Scheduled); got.Start != instead.Slot().End+1 || got.Delay == nil || got.Delay.BookedStart != taken.Start {
			t.Errorf("booked for %d, taken until %d, stands at %d: %+v", taken.Start, instead.Slot().End, got.Start, got.Delay)
		}
		time.Sleep(20 * time.Minute)
		b.want(paused, job.Completed)
		b.want(taken, job.Completed)
	})
}
