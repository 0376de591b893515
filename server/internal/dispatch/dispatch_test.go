package dispatch_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestJobsStartWhenTheirSlotsStart(t *testing.T) {
	within(t, nil, func(b *bench) {
		var jobs []job.Job
		for i := range int64(50) {
			jobs = append(jobs, b.book(7*second+i*(2*second+1), 2*second))
		}
		time.Sleep(3 * time.Minute)
		for i, s := range b.starts() {
			if s.id != jobs[i].ID || s.at != jobs[i].Start {
				t.Errorf("start %d: %+v, slot at %d", i, s, jobs[i].Start)
			}
			if done := b.want(jobs[i], job.Completed); done.Delay != nil || done.StartedAt != done.Start || done.ResultFilename() != "a.png" {
				t.Errorf("job %d: %+v", i, done)
			}
		}
		if n := len(b.starts()); n != len(jobs) {
			t.Errorf("%d starts", n)
		}
	})
}

// What ComfyUI comes to in the very moment of a look counts at once, not with the look a second later.
func TestChangesDuringALookAreNotMissed(t *testing.T) {
	within(t, nil, func(b *bench) {
		b.gpu.setBusy("somebody else's prompt")
		b.book(5*second, 10*second)
		time.Sleep(6200 * time.Millisecond)
		synctest.Wait()
		var idle int64
		b.gpu.mu.Lock()
		b.gpu.looked = func() {
			idle = b.millis()
			b.gpu.setBusy("")
		}
		b.gpu.mu.Unlock()
		time.Sleep(3 * time.Second)
		if s := b.starts(); len(s) != 1 || s[0].at != idle {
			t.Errorf("idle at %d, starts: %+v", idle, s)
		}
	})
}

func TestStartsArePrepared(t *testing.T) {
	within(t, nil, func(b *bench) {
		first, second := b.book(5000, 1000), b.book(8000, 1000)
		moved := second
		moved.Move(moved.Start + 2000)
		time.Sleep(7700 * time.Millisecond) // the second is prepared, and then moved
		b.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, moved) })
		time.Sleep(5 * time.Second)
		b.gpu.mu.Lock()
		defer b.gpu.mu.Unlock()
		want := []start{{first.ID, 1, first.Start - 400}, {second.ID, 1, second.Start - 400}, {second.ID, 1, moved.Start - 400}}
		if diff := cmp.Diff(want, b.gpu.prepared, cmp.AllowUnexported(start{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int64{first.Start - 3000, second.Start - 3000, moved.Start - 2300}, b.gpu.cleared); diff != "" {
			t.Errorf("what nobody has booked makes way: %s", diff)
		}
		if got := b.gpu.starts[1].at; got != moved.Start {
			t.Errorf("the moved job started %d ms after its slot", got-moved.Start)
		}
	})
}

// The disk has answered when the slot begins, and nothing is started before.
func TestJobsAreClaimedBeforeTheirSlots(t *testing.T) {
	within(t, nil, func(b *bench) {
		j := b.book(5000, 1000)
		time.Sleep(4790 * time.Millisecond)
		b.want(j, job.Scheduled)
		time.Sleep(20 * time.Millisecond)
		b.want(j, job.Processing)
		time.Sleep(180 * time.Millisecond)
		if got := b.want(j, job.Processing); got.StartedAt != 0 || len(b.starts()) != 0 {
			t.Errorf("10 ms before its slot: started at %d, %+v", got.StartedAt, b.starts())
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		if got := b.starts(); len(got) != 1 || got[0].at != j.Start {
			t.Errorf("starts: %+v, slot at %d", got, j.Start)
		}
	})
}

// slow is a store whose disk takes a while for each commit.
type slow struct {
	store.Store
	takes time.Duration
}

func (s slow) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	time.Sleep(s.takes)
	return s.Store.Update(ctx, change)
}

// The disk is waited for once between two slots: what ends and what comes next share a commit.
func TestNextJobIsClaimedWithTheEndOfTheOneBefore(t *testing.T) {
	within(t, func(b *bench) {
		b.wrap = func(s store.Store) store.Store { return slow{s, 20 * time.Millisecond} }
		b.gpu.setTakes(func(j job.Job) time.Duration { return time.Duration(j.Duration-30) * time.Millisecond })
	}, func(b *bench) {
		b.book(5000, 1000)
		second := b.book(6001, 1000)
		time.Sleep(8 * time.Second)
		if got := b.starts(); len(got) != 2 || got[1].at != second.Start {
			t.Errorf("starts: %+v, slot at %d", got, second.Start)
		}
	})
}

// The next start has it begin in its own slot, and nothing on it says that it was late.
func TestClaimIsTakenBackWhenTheServiceStops(t *testing.T) {
	within(t, nil, func(b *bench) {
		j := b.book(5000, 1000)
		time.Sleep(4900 * time.Millisecond)
		b.want(j, job.Processing)
		b.stop()
		if got := b.want(j, job.Scheduled); len(b.starts()) != 0 || got.Attempt != 1 || got.Delay != nil || got.Start != j.Start {
			t.Errorf("starts %+v, %+v", b.starts(), got)
		}
	})
}

func TestClaimIsTakenBackWhenTheClockIsSet(t *testing.T) {
	for _, jump := range []time.Duration{-time.Minute, time.Minute} {
		within(t, nil, func(b *bench) {
			j := b.book(5000, 1000)
			time.Sleep(4990 * time.Millisecond)
			b.want(j, job.Processing)
			b.jumpClock(jump)
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
			if got := b.want(j, job.Scheduled); len(b.starts()) != 0 || got.Attempt != 1 {
				t.Errorf("%v: attempt %d, starts %+v", jump, got.Attempt, b.starts())
			}
			time.Sleep(2 * time.Minute)
			got := b.want(j, job.Completed)
			if s := b.starts(); len(s) != 1 || !got.Slot().Contains(s[0].at) || got.Start < j.Start || (jump < 0) != (got.Start == j.Start) {
				t.Errorf("%v: booked for %d, slot at %d, starts %+v", jump, j.Start, got.Start, s)
			}
		})
	}
}

func TestBookingForNowStartsWithoutATick(t *testing.T) {
	within(t, nil, func(b *bench) {
		time.Sleep(300 * time.Millisecond) // between two looks
		j := b.book(0, second)
		synctest.Wait()
		if s := b.starts(); len(s) != 1 || s[0].at != j.Start {
			t.Errorf("starts: %+v", s)
		}
	})
}

func TestOverrunMakesTheNextLateOrOverdue(t *testing.T) {
	within(t, nil, func(b *bench) {
		long := b.book(second, 2*second)
		late := b.book(4*second, 10*second)
		b.gpu.setTakes(func(j job.Job) time.Duration {
			if j.ID == long.ID {
				return 5 * time.Second
			}
			return time.Second
		})
		time.Sleep(5 * time.Second)
		if got := b.want(late, job.Scheduled); got.Delay == nil || got.Delay.Kind != job.Late ||
			got.Delay.Reason != "the job before it is still running" {
			t.Errorf("delay while waiting: %+v", got.Delay)
		}
		time.Sleep(10 * time.Second)
		if got := b.want(late, job.Completed); got.Delay == nil || got.Delay.Kind != job.Late || got.StartedAt != long.Start+5*second {
			t.Errorf("started at %d, delay %+v", got.StartedAt-long.Start, got.Delay)
		}
		if got := b.want(long, job.Completed); got.Start != long.Start || got.Duration != long.Duration {
			t.Error("the overrun changed a slot")
		}
	})
}

func TestOverdueJobMovesBehindTheBookingsOfOthers(t *testing.T) {
	within(t, nil, func(b *bench) {
		long := b.book(second, 2*second)
		overdue := b.book(4*second, 2*second)
		onTime := b.book(8*second, 5*second)
		b.gpu.setTakes(func(j job.Job) time.Duration {
			if j.ID == long.ID {
				return 6500 * time.Millisecond // past the end of the overdue one's slot
			}
			return time.Second
		})
		time.Sleep(time.Minute)
		got := b.want(overdue, job.Completed)
		if got.Promised != onTime.Start+5*second+1 || got.Start != onTime.Start+second ||
			got.Delay == nil || got.Delay.Kind != job.Overdue || got.Delay.BookedStart != overdue.Start {
			t.Errorf("moved to %d, started at %d, when the slot before ended early, delay %+v",
				got.Promised-onTime.Start, got.Start-onTime.Start, got.Delay)
		}
		if got := b.want(onTime, job.Completed); got.StartedAt != onTime.Start || got.Delay != nil {
			t.Errorf("the one on time started %d ms late, delay %+v", got.StartedAt-got.Start, got.Delay)
		}
	})
}

func TestJobsWaitWhileComfyUIIsDownOrBusy(t *testing.T) {
	within(t, nil, func(b *bench) {
		b.gpu.setBusy("ComfyUI is busy with a prompt that was started on its own page")
		j := b.book(second, 20*second)
		time.Sleep(3 * time.Second)
		if got := b.want(j, job.Scheduled); got.Delay == nil ||
			got.Delay.Reason != "ComfyUI is busy with a prompt that was started on its own page" || got.Version != j.Version {
			t.Errorf("waiting: %+v", got)
		}
		b.gpu.setBusy("")
		synctest.Wait()
		if s := b.starts(); len(s) != 1 || s[0].at != j.Start+2*second {
			t.Errorf("started at once when free: %+v", s)
		}
	})
}

func TestEarlyFinishStartsNothingEarly(t *testing.T) {
	within(t, nil, func(b *bench) {
		b.gpu.setTakes(func(job.Job) time.Duration { return 10 * time.Millisecond })
		b.book(second, 5*second)
		next := b.book(7*second, 5*second)
		time.Sleep(6 * time.Second)
		if n := len(b.starts()); n != 1 {
			t.Fatalf("%d starts before the second slot", n)
		}
		b.update(func(ctx context.Context, tx store.Tx) error {
			if start, _ := tx.NextFree(ctx, "gpu", b.millis(), 500, ""); start != b.millis() {
				t.Errorf("the rest of the ended job's slot is taken until %d", start-b.millis())
			}
			return nil
		})
		time.Sleep(2 * time.Second)
		if s := b.starts(); len(s) != 2 || s[1].at != next.Start {
			t.Errorf("starts: %+v", s)
		}
	})
}

func TestCancelOfARunningJob(t *testing.T) {
	within(t, nil, func(b *bench) {
		j := b.book(0, 10*second)
		time.Sleep(2 * time.Second)
		b.update(func(ctx context.Context, tx store.Tx) error {
			running, err := tx.Job(ctx, j.ID)
			if err != nil {
				return err
			}
			if err := running.Cancel(b.millis()); err != nil {
				return err
			}
			return tx.UpdateJob(ctx, running)
		})
		synctest.Wait()
		if got := b.want(j, job.Cancelled); !got.CancelRequested {
			t.Error("cancelled without a request")
		}
	})
}

func TestLostRunIsBookedAgainOnce(t *testing.T) {
	within(t, nil, func(b *bench) {
		b.gpu.setEnds(func(job.Job) dispatch.Outcome {
			return dispatch.Outcome{Verdict: dispatch.Lost, Reason: "ComfyUI ended in mid-run"}
		})
		b.gpu.setTakes(func(job.Job) time.Duration { return 2 * time.Second })
		j := b.book(0, 10*second)
		other := b.book(12*second, 10*second)
		time.Sleep(3 * time.Second)
		got := b.want(j, job.Scheduled)
		if got.Attempt != 2 || got.Start <= other.Slot().End || got.Delay.Kind != job.Retry || got.PromptID() == j.ID {
			t.Errorf("second attempt: %+v", got)
		}
		time.Sleep(2 * time.Minute)
		if got := b.want(j, job.Failed); got.Failure.Reason != job.Lost {
			t.Errorf("failure: %+v", got.Failure)
		}
	})
}

func TestOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		outcome dispatch.Outcome
		status  job.Status
		reason  job.FailureReason
	}{
		"failed": {dispatch.Outcome{
			Verdict: dispatch.Failed,
			Failure: job.Failure{Reason: job.Execution, Message: "boom"},
		}, job.Failed, job.Execution},
		"without a result":    {dispatch.Outcome{Verdict: dispatch.Completed}, job.Failed, job.NoResult},
		"interrupted outside": {dispatch.Outcome{Verdict: dispatch.Interrupted}, job.Failed, job.Interrupted},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, func(b *bench) {
				b.gpu.setEnds(func(job.Job) dispatch.Outcome { return tc.outcome })
				j := b.book(0, second)
				time.Sleep(2 * time.Second)
				if got := b.want(j, tc.status); got.Failure == nil || got.Failure.Reason != tc.reason {
					t.Errorf("failure: %+v", got.Failure)
				}
			})
		})
	}
}

func TestJobThatDidNotReachComfyUIIsTriedAgainInItsSlot(t *testing.T) {
	within(t, nil, func(b *bench) {
		tries := 0
		b.gpu.setTakes(func(job.Job) time.Duration { return 0 })
		b.gpu.setEnds(func(j job.Job) dispatch.Outcome {
			if tries++; tries < 4 {
				return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: "ComfyUI does not answer"}
			}
			return completes(j)
		})
		j := b.book(0, 10*second)
		time.Sleep(20 * time.Second)
		if got := b.want(j, job.Completed); got.Attempt != 1 || got.Start != j.Start || got.Delay == nil {
			t.Errorf("job: %+v", got)
		}
	})
}

func TestClockJumps(t *testing.T) {
	t.Run("forward", func(t *testing.T) {
		within(t, nil, func(b *bench) {
			due, overdue := b.book(600*second, 60*second), b.book(400*second, 10*second)
			synctest.Wait() // the dispatcher has seen the clock as it was
			b.jumpClock(10*time.Minute + 5*time.Second)
			time.Sleep(1100 * time.Millisecond)
			if s := b.starts(); len(s) != 1 || s[0].id != due.ID {
				t.Errorf("within a second of the jump: %+v", s)
			}
			if got := b.want(overdue, job.Scheduled); got.Start != overdue.Start {
				t.Errorf("the skipped one was moved at once: %+v", got)
			}
			time.Sleep(time.Minute)
			got := b.job(overdue.ID)
			if got.Delay == nil || got.Delay.Kind != job.Overdue || got.Start <= due.Start || !strings.Contains(got.Delay.Reason, "clock") {
				t.Errorf("the skipped one: %+v %+v", got, got.Delay)
			}
		})
	})
	t.Run("back", func(t *testing.T) {
		within(t, nil, func(b *bench) {
			j := b.book(10*second, 5*second)
			time.Sleep(9 * time.Second)
			b.jumpClock(-10 * time.Minute)
			time.Sleep(9 * time.Minute)
			if s := b.starts(); len(s) != 0 {
				t.Fatalf("started early: %+v", s)
			}
			time.Sleep(2 * time.Minute)
			if s := b.starts(); len(s) != 1 || s[0].at != j.Start {
				t.Errorf("starts: %+v, slot at %d", s, j.Start)
			}
		})
	})
}

func TestStop(t *testing.T) {
	t.Run("waits for the running job", func(t *testing.T) {
		within(t, nil, func(b *bench) {
			j := b.book(0, 20*second)
			next := b.book(21*second, second)
			time.Sleep(10 * time.Second)
			b.stop()
			b.want(j, job.Completed)
			b.want(next, job.Scheduled)
		})
	})
	t.Run("interrupts after the grace and books again", func(t *testing.T) {
		within(t, func(b *bench) { b.grace = 2 * time.Second }, func(b *bench) {
			j := b.book(0, 60*second)
			time.Sleep(10 * time.Second)
			b.stop()
			if got := b.want(j, job.Scheduled); got.Attempt != 2 || got.Losses != 0 || got.Delay.Kind != job.Retry {
				t.Errorf("job: %+v", got)
			}
		})
	})
}

func TestStartAdoptsTheRunningJobAndMovesTheMissed(t *testing.T) {
	var running, missed job.Job
	within(t, func(b *bench) {
		running = b.book(-3*second, 10*second)
		running.StartProcessing()
		running.Posted(b.millis()-3*second, "")
		b.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) })
		missed = b.book(-20*second, 10*second)
	}, func(b *bench) {
		time.Sleep(time.Minute)
		if got := b.want(running, job.Completed); got.Attempt != 1 {
			t.Errorf("adopted: %+v", got)
		}
		if got := b.want(missed, job.Completed); got.Delay == nil || got.Delay.Reason != "the service was not running" ||
			got.Start <= running.Slot().End {
			t.Errorf("missed: %+v", got)
		}
		if s := b.starts(); len(s) != 1 || s[0].id != missed.ID {
			t.Errorf("starts: %+v", s)
		}
	})
}
