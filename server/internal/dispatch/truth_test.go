package dispatch_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
)

// A commit can fail and be tried again. What ended then must end all the same.
func TestOutcomeIsWrittenWhenItsCommitIsTriedAgain(t *testing.T) {
	for name, outcome := range map[string]dispatch.Outcome{
		"lost":      {Verdict: dispatch.Lost, Reason: "it crashed"},
		"withdrawn": {Verdict: dispatch.Withdrawn, Reason: "it did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(b *bench) {
				b.wrap = storetest.Twice
				b.gpu.setEnds(func(j job.Job) dispatch.Outcome {
					if j.Attempt == 1 {
						return outcome
					}
					return completes(j)
				})
			}, func(b *bench) {
				j := b.book(0, 5*second)
				time.Sleep(time.Minute)
				if got := b.want(j, job.Completed); got.Attempt != 2 {
					t.Errorf("attempt %d", got.Attempt)
				}
			})
		})
	}
}

// Whatever has left a job running that nobody follows: it is found within a second.
func TestRunningJobThatNobodyFollowsIsAdopted(t *testing.T) {
	within(t, nil, func(b *bench) {
		j := b.book(3600*second, 10*second)
		b.gpu.setTakes(func(job.Job) time.Duration { return 3 * time.Second })
		time.Sleep(10 * time.Second)
		j.StartProcessing()
		b.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
		time.Sleep(5 * time.Second)
		b.want(j, job.Completed)
		if s := b.starts(); len(s) != 0 {
			t.Errorf("it was handed over again: %+v", s)
		}
	})
}

// A cancellation that the dispatcher was not told of, by another server for example, is found within a second.
func TestCancellationThatWasNotToldIsFound(t *testing.T) {
	within(t, nil, func(b *bench) {
		b.untold.Store(true)
		j := b.book(0, 600*second)
		time.Sleep(5 * time.Second)
		b.update(func(ctx context.Context, tx store.Tx) error {
			j, err := tx.Job(ctx, j.ID)
			if err != nil {
				return err
			}
			if err := j.Cancel(b.millis()); err != nil {
				return err
			}
			return tx.UpdateJob(ctx, j)
		})
		time.Sleep(1100 * time.Millisecond)
		b.want(j, job.Cancelled)
	})
}

// A run that does not hear the interrupt of a stop: nothing is taken for granted.
func TestStopDoesNotGuess(t *testing.T) {
	for name, tc := range map[string]struct {
		fate   dispatch.Outcome
		status job.Status
	}{
		"nobody knows":        {dispatch.Outcome{}, job.Processing},
		"it has ended well":   {completes(job.Job{}), job.Completed},
		"it has failed":       {dispatch.Outcome{Verdict: dispatch.Failed, Failure: job.Failure{Reason: job.Execution}}, job.Failed},
		"it was interrupted":  {dispatch.Outcome{Verdict: dispatch.Interrupted}, job.Scheduled},
		"it was lost, surely": {dispatch.Outcome{Verdict: dispatch.Lost}, job.Scheduled},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(b *bench) {
				b.grace = time.Second
				b.gpu.deaf = true
				b.gpu.fate = func(job.Job) dispatch.Outcome { return tc.fate }
			}, func(b *bench) {
				j := b.book(0, 3600*second)
				time.Sleep(5 * time.Second)
				b.stop()
				if got := b.want(j, tc.status); got.Losses != 0 {
					t.Errorf("a stop counts as a loss: %+v", got)
				}
			})
		})
	}
}

// The disk fills while a job runs, and the stop comes before its outcome could be written.
func TestStopTellsOfAnUnwrittenOutcome(t *testing.T) {
	for name, during := range map[string]bool{"it ended before the stop": false, "it ends during the stop": true} {
		t.Run(name, func(t *testing.T) {
			disk := &full{}
			within(t, func(b *bench) {
				b.wrap = func(s store.Store) store.Store { disk.Store = s; return disk }
				disk.freed.Store(true)
				b.gpu.setTakes(func(job.Job) time.Duration { return 5 * time.Second })
			}, func(b *bench) {
				j := b.book(0, 10*second)
				time.Sleep(2 * time.Second)
				disk.freed.Store(false)
				if _, is := b.dispatchers[0].Unwritten(); is {
					t.Error("an outcome is unwritten before there is one")
				}
				if !during {
					time.Sleep(10 * time.Second)
				}
				b.stop()
				if id, is := b.dispatchers[0].Unwritten(); !is || id != j.ID {
					t.Errorf("unwritten: %q, %v", id, is)
				}
				b.want(j, job.Processing)
			})
		})
	}
}

// A run that a stop would interrupt goes on where that cannot be noted: the next start would take it for interrupted by a stranger.
func TestStopInterruptsNothingThatItCannotNote(t *testing.T) {
	disk := &full{}
	within(t, func(b *bench) {
		b.wrap = func(s store.Store) store.Store { disk.Store = s; return disk }
		disk.freed.Store(true)
		b.grace = time.Second
		b.gpu.setTakes(func(job.Job) time.Duration { return 5 * time.Minute })
	}, func(b *bench) {
		j := b.book(0, 10*second)
		time.Sleep(2 * time.Second)
		disk.freed.Store(false)
		b.stop()
		if id, is := b.dispatchers[0].Unwritten(); !is || id != j.ID {
			t.Errorf("unwritten: %q, %v", id, is)
		}
		b.gpu.mu.Lock()
		defer b.gpu.mu.Unlock()
		if b.gpu.asked > 0 {
			t.Errorf("the run was interrupted %d times", b.gpu.asked)
		}
		b.want(j, job.Processing)
	})
}

func TestClockThatIsSetRightAgainDisplacesNothing(t *testing.T) {
	for name, wrong := range map[string]struct {
		by   time.Duration
		wait time.Duration // until it is set right
	}{
		"ten years for a moment":  {10 * 365 * 24 * time.Hour, 1500 * time.Millisecond},
		"ten minutes for as long": {10 * time.Minute, 10 * time.Minute},
		"a day for ten minutes":   {24 * time.Hour, 10 * time.Minute},
		"back for ten minutes":    {-time.Hour, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, func(b *bench) {
				var booked []job.Job
				for i := range int64(10) {
					booked = append(booked, b.book((650+i*20)*second, 10*second))
				}
				time.Sleep(time.Second)
				b.jumpClock(wrong.by)
				time.Sleep(wrong.wait)
				b.jumpClock(-wrong.by)
				time.Sleep(3 * time.Second)
				for _, j := range booked {
					// A job whose moved slot came while the clock was wrong has run.
					if got := b.job(j.ID); got.Status == job.Scheduled && (got.Start != j.Start || got.Delay != nil) {
						t.Errorf("booked for %d, stands at %d: %+v", j.Start, got.Start, got.Delay)
					}
				}
				time.Sleep(15 * time.Minute)
				for _, j := range booked {
					b.want(j, job.Completed)
				}
			})
		})
	}
}

// Many jobs may be overdue at once. What is due does not wait for them, and no commit is long.
func TestOverdueJobsMoveInStepsAfterWhatIsDue(t *testing.T) {
	const overdue = 60
	var mu sync.Mutex // of the four below
	var due job.Job
	var largest, before int
	claimed := false
	within(t, func(b *bench) {
		b.watchCommits(func(jobs []job.Job) {
			mu.Lock()
			defer mu.Unlock()
			moved := 0
			for _, j := range jobs {
				claimed = claimed || j.ID == due.ID && j.Status == job.Processing
				if j.Delay != nil && j.Delay.Kind == job.Overdue {
					moved++
				}
			}
			largest = max(largest, moved)
			if !claimed {
				before += moved
			}
		})
		b.gpu.setTakes(func(j job.Job) time.Duration { return time.Second })
		for i := range int64(overdue) {
			b.book(-4000*second+i*20*second, 10*second)
		}
		booked := b.book(-second, 60*second)
		mu.Lock()
		due = booked
		mu.Unlock()
	}, func(b *bench) {
		time.Sleep(time.Second)
		synctest.Wait()
		if s := b.starts(); len(s) == 0 || s[0].id != due.ID {
			t.Errorf("starts: %+v", s)
		}
		mu.Lock()
		if before > 0 {
			t.Errorf("%d jobs were moved before the due one was started", before)
		}
		if largest > 50 {
			t.Errorf("%d jobs were moved in one commit", largest)
		}
		mu.Unlock()
		time.Sleep(20 * time.Minute)
		if n := len(b.starts()); n != overdue+1 {
			t.Errorf("%d starts", n)
		}
	})
}

// The reason of a delay is what kept the job.
func TestReasonsAreTheRealOnes(t *testing.T) {
	t.Run("the disk was full", func(t *testing.T) {
		disk := &full{}
		within(t, func(b *bench) {
			b.wrap = func(s store.Store) store.Store { disk.Store = s; return disk }
			disk.freed.Store(true)
		}, func(b *bench) {
			first, second := b.book(10*second, 5*second), b.book(16*second, 5*second)
			disk.freed.Store(false)
			time.Sleep(30 * time.Second)
			disk.freed.Store(true)
			time.Sleep(time.Minute)
			for _, j := range []job.Job{first, second} {
				if got := b.want(j, job.Completed); got.Delay == nil || !strings.Contains(got.Delay.Reason, "disk") {
					t.Errorf("delay: %+v", got.Delay)
				}
			}
		})
	})
	t.Run("ComfyUI is in trouble while a job runs", func(t *testing.T) {
		within(t, nil, func(b *bench) {
			b.book(0, 5*second)
			waits := b.book(6*second, 5*second)
			b.gpu.setTakes(func(job.Job) time.Duration { return 20 * time.Second })
			b.gpu.setBusy("ComfyUI does not answer")
			b.gpu.setBusy("")
			time.Sleep(time.Second)
			b.gpu.setBusy("ComfyUI does not answer")
			time.Sleep(10 * time.Second)
			if got := b.job(waits.ID); got.Delay == nil || got.Delay.Reason != "ComfyUI does not answer" {
				t.Errorf("delay: %+v", got.Delay)
			}
			b.gpu.setBusy("")
		})
	})
}

func TestOverrun(t *testing.T) {
	limit := dispatch.OverrunLimit{Slots: 5, Beyond: 5 * time.Minute}
	always := limit
	always.Always = true
	for name, tc := range map[string]struct {
		limit   dispatch.OverrunLimit
		waiting string // whose job is due: "", "own", "other"
		ended   bool
	}{
		"somebody waits":           {limit, "other", true},
		"nobody waits":             {limit, "", false},
		"only its own owner waits": {limit, "own", false},
		"always":                   {always, "", true},
		"never":                    {dispatch.OverrunLimit{}, "other", false},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(b *bench) { b.overrun = tc.limit }, func(b *bench) {
				long := b.book(0, 100*second)
				b.gpu.setTakes(func(j job.Job) time.Duration {
					if j.ID == long.ID {
						return 10 * time.Minute
					}
					return time.Second
				})
				var waits job.Job
				switch tc.waiting {
				case "own":
					waits = b.book(200*second, 1500*second)
				case "other":
					waits = b.newJob(200*second, 1500*second)
					waits.UserID = b.other().ID
					b.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, waits) })
				}
				time.Sleep(499 * time.Second)
				b.want(long, job.Processing) // five times its slot, and five minutes beyond it, are not over
				time.Sleep(3 * time.Second)
				if !tc.ended {
					b.want(long, job.Processing)
					time.Sleep(10 * time.Minute)
					b.want(long, job.Completed)
					return
				}
				got := b.want(long, job.Failed)
				if got.Failure == nil || got.Failure.Reason != job.Overrun || !strings.Contains(got.Failure.Message, "overrun_limit") {
					t.Errorf("failure: %+v", got.Failure)
				}
				if tc.waiting == "other" {
					time.Sleep(2 * time.Second)
					b.want(waits, job.Completed)
				}
			})
		})
	}
}

// A clock that is set makes no run longer than it is.
func TestClockThatIsSetIsNoOverrun(t *testing.T) {
	within(t, func(b *bench) { b.overrun = dispatch.OverrunLimit{Slots: 5, Beyond: 5 * time.Minute, Always: true} }, func(b *bench) {
		j := b.book(0, 100*second)
		b.gpu.setTakes(func(job.Job) time.Duration { return 5 * time.Minute })
		time.Sleep(10 * time.Second)
		b.jumpClock(24 * time.Hour)
		time.Sleep(10 * time.Minute)
		b.want(j, job.Completed)
	})
}

// Once the clock was set, not every delay is its fault.
func TestClockIsBlamedForWhatItSkippedAlone(t *testing.T) {
	within(t, nil, func(b *bench) {
		skipped := b.book(100*second, 10*second)
		time.Sleep(time.Second)
		b.jumpClock(10 * time.Minute)
		time.Sleep(10 * time.Minute)
		if got := b.want(skipped, job.Completed); got.Delay == nil || !strings.Contains(got.Delay.Reason, "clock") {
			t.Errorf("skipped: %+v", got.Delay)
		}
		late := b.book(-20*second, 10*second)
		time.Sleep(time.Minute)
		if got := b.want(late, job.Completed); got.Delay == nil || strings.Contains(got.Delay.Reason, "clock") {
			t.Errorf("missed long after the clock was set: %+v", got.Delay)
		}
	})
}

// A service that is killed after it has interrupted a run beyond its limit: the next one knows why it was interrupted.
func TestOverrunOutlivesTheService(t *testing.T) {
	var long job.Job
	within(t, func(b *bench) {
		b.overrun = dispatch.OverrunLimit{Slots: 1, Always: true}
		long = b.book(0, 10*second)
		killed := dispatch.New(dispatch.Config{
			Worker:  "gpu",
			Store:   b.store,
			Runner:  deaf{b.gpu},
			Now:     b.now,
			Overrun: b.overrun,
			Log:     slog.New(slog.DiscardHandler),
		})
		b.gpu.setTakes(func(job.Job) time.Duration { return time.Hour })
		ctx, kill := context.WithCancel(b.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- killed.Run(ctx) }()
		time.Sleep(20 * time.Second)
		kill()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		synctest.Wait() // it has left the run to itself: its end may come after that of the dispatcher
		b.gpu.setTakes(func(job.Job) time.Duration { return 0 })
		b.gpu.setEnds(func(job.Job) dispatch.Outcome { return dispatch.Outcome{Verdict: dispatch.Interrupted} })
	}, func(b *bench) {
		time.Sleep(5 * time.Second)
		if got := b.want(long, job.Failed); got.Failure == nil || got.Failure.Reason != job.Overrun {
			t.Errorf("failure: %+v", got.Failure)
		}
	})
}
