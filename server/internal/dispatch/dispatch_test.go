package dispatch_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// gpu is a ComfyUI that takes as long as it is told and remembers what it ran.
type gpu struct {
	bench *bench

	mu        sync.Mutex
	takes     func(j job.Job) time.Duration
	ends      func(j job.Job) dispatch.Outcome
	busy      string // why it is not ready
	changed   chan struct{}
	running   int
	starts    []start
	interrupt map[string]chan struct{}
}

type start struct {
	id      string
	attempt int
	at      int64 // by the wall clock
}

func (g *gpu) Ready(context.Context) (bool, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.busy == "", g.busy
}

func (g *gpu) Changed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changed
}

func (g *gpu) setTakes(takes func(job.Job) time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.takes = takes
}

func (g *gpu) setEnds(ends func(job.Job) dispatch.Outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ends = ends
}

func (g *gpu) setBusy(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = reason
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *gpu) Run(ctx context.Context, j job.Job, posted func()) dispatch.Outcome {
	g.mu.Lock()
	g.starts = append(g.starts, start{j.ID, j.Attempt, g.bench.now().UnixMilli()})
	g.mu.Unlock()
	posted()
	return g.Adopt(ctx, j)
}

func (g *gpu) Adopt(ctx context.Context, j job.Job) dispatch.Outcome {
	g.mu.Lock()
	g.running++
	if g.running > 1 {
		g.bench.t.Error("two jobs at a time")
	}
	interrupted := make(chan struct{})
	g.interrupt[j.ID] = interrupted
	takes, ends := g.takes(j), g.ends
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.running--
	}()
	select {
	case <-time.After(takes):
		return ends(j)
	case <-interrupted:
		return dispatch.Outcome{Verdict: dispatch.Interrupted}
	case <-ctx.Done():
		return dispatch.Outcome{}
	}
}

func (g *gpu) Interrupt(j job.Job) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.interrupt[j.ID]; c != nil {
		close(c)
		delete(g.interrupt, j.ID)
	}
}

// bench is a dispatcher with a real store in a bubble of its own time.
type bench struct {
	t      *testing.T
	store  store.Store
	gpu    *gpu
	user   store.User
	mu     sync.Mutex
	skew   time.Duration // of the wall clock
	stop   func()
	grace  time.Duration
	events []job.Job
}

const second = int64(1000)

func completes(job.Job) dispatch.Outcome {
	return dispatch.Outcome{Verdict: dispatch.Completed, Results: []job.Result{{Filename: "a.png", Kind: job.Image}}}
}

// within runs a test in a bubble. prepare may set things up before the dispatcher starts.
func within(t *testing.T, prepare, test func(*bench)) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, user: store.User{ID: uuid.NewString()}, grace: 30 * time.Second}
		s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		b.store = s
		b.gpu = &gpu{
			bench: b, changed: make(chan struct{}), interrupt: map[string]chan struct{}{}, ends: completes,
			takes: func(j job.Job) time.Duration { return time.Duration(j.Estimate) * time.Millisecond },
		}
		var d *dispatch.Dispatcher
		s.OnCommit(func(jobs []job.Job) {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, j := range jobs {
				b.events = append(b.events, j)
				if d != nil {
					d.JobWritten(j)
				}
			}
		})
		b.update(func(tx store.Tx) error {
			_, err := tx.InsertUser(b.user)
			return err
		})
		if prepare != nil {
			prepare(b)
		}
		b.mu.Lock()
		d = dispatch.New(dispatch.Config{Worker: "gpu", Store: s, Runner: b.gpu, Now: b.now, Grace: b.grace, Log: slog.New(slog.DiscardHandler)})
		b.mu.Unlock()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		b.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		test(b)
		b.stop()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.skew)
}

func (b *bench) millis() int64 { return b.now().UnixMilli() }

func (b *bench) jumpClock(by time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.skew += by
}

func (b *bench) update(change func(store.Tx) error) {
	b.t.Helper()
	if err := b.store.Update(b.t.Context(), change); err != nil {
		b.t.Fatal(err)
	}
}

// book puts a job on the timeline; in is the time until its start, in milliseconds.
func (b *bench) book(in, duration int64) job.Job {
	b.t.Helper()
	j := job.Job{
		ID: uuid.Must(uuid.NewV7()).String(), UserID: b.user.ID, Worker: "gpu", Status: job.Scheduled, Start: b.millis() + in, Duration: duration,
		Estimate: duration * 9 / 10, Prompt: "p", Parameters: workflow.Values{}, Attempt: 1, Version: 1,
	}
	b.update(func(tx store.Tx) error { return tx.InsertJob(j) })
	return j
}

func (b *bench) job(id string) job.Job {
	b.t.Helper()
	j, err := b.store.Job(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return j
}

func (b *bench) want(j job.Job, status job.Status) job.Job {
	b.t.Helper()
	got := b.job(j.ID)
	if got.Status != status {
		b.t.Errorf("status %s, want %s (%+v)", got.Status, status, got)
	}
	return got
}

func (b *bench) starts() []start {
	b.gpu.mu.Lock()
	defer b.gpu.mu.Unlock()
	return slices.Clone(b.gpu.starts)
}

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
		if got := b.want(late, job.Scheduled); got.Delay == nil || got.Delay.Kind != job.Late || got.Delay.Reason != "the job before it is still running" {
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
		if got.Start != onTime.Start+5*second+1 || got.Delay == nil || got.Delay.Kind != job.Overdue || got.Delay.BookedStart != overdue.Start {
			t.Errorf("moved to %d, delay %+v", got.Start-onTime.Start, got.Delay)
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
		if got := b.want(j, job.Scheduled); got.Delay == nil || got.Delay.Reason != "ComfyUI is busy with a prompt that was started on its own page" || got.Version != j.Version {
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
		b.update(func(tx store.Tx) error {
			if start := tx.NextFree("gpu", b.millis(), 500, ""); start != b.millis() {
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
		b.update(func(tx store.Tx) error {
			running, err := tx.Job(j.ID)
			if err != nil {
				return err
			}
			if err := running.Cancel(b.millis()); err != nil {
				return err
			}
			return tx.UpdateJob(running)
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
		"failed":              {dispatch.Outcome{Verdict: dispatch.Failed, Failure: job.Failure{Reason: job.Execution, Message: "boom"}}, job.Failed, job.Execution},
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
			b.jumpClock(10*time.Minute + 5*time.Second)
			time.Sleep(1100 * time.Millisecond)
			if s := b.starts(); len(s) != 1 || s[0].id != due.ID {
				t.Errorf("within a second of the jump: %+v", s)
			}
			if got := b.want(overdue, job.Scheduled); got.Delay == nil || got.Delay.Kind != job.Overdue || got.Start <= due.Slot().End {
				t.Errorf("the skipped one: %+v", got)
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
		b.update(func(tx store.Tx) error { return tx.UpdateJob(running) })
		missed = b.book(-20*second, 10*second)
	}, func(b *bench) {
		time.Sleep(time.Minute)
		if got := b.want(running, job.Completed); got.Attempt != 1 {
			t.Errorf("adopted: %+v", got)
		}
		if got := b.want(missed, job.Completed); got.Delay == nil || got.Delay.Reason != "the service was not running" || got.Start <= running.Slot().End {
			t.Errorf("missed: %+v", got)
		}
		if s := b.starts(); len(s) != 1 || s[0].id != missed.ID {
			t.Errorf("starts: %+v", s)
		}
	})
}
