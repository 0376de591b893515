package dispatch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// lanes are workers that can all run everything, in a time that the job's values tell.
type lanes []string

func (l lanes) Candidates(_, worker string) (all []workflow.There, _ error) {
	if worker != "" {
		return []workflow.There{{Worker: worker}}, nil
	}
	for _, id := range l {
		all = append(all, workflow.There{Worker: id})
	}
	return all, nil
}

func (l lanes) On(string, string) (workflow.Offer, bool) { return workflow.Offer{}, false }

// Estimate implements estimate.Estimator: a slot is as long as the value says, and the expected time a tenth shorter.
func (l lanes) Estimate(_, _ string, inputs workflow.Values) (estimate.Length, bool) {
	slot := int64(inputs["slot"].(workflow.Integer))
	return estimate.Length{Expected: slot * 9 / 10, Slot: slot, Basis: estimate.Measured}, true
}

// several has a bench get more workers besides the first.
func several(others ...string) func(*bench) {
	return func(b *bench) {
		all := append(lanes{"gpu"}, others...)
		b.workers, b.places = others, &placement.Workers{Offers: all, Estimator: all}
	}
}

// sooner puts a job on the timeline of a worker that may start earlier than its slot.
func (b *bench) sooner(worker string, in, duration int64, change ...func(*job.Job)) job.Job {
	b.t.Helper()
	j := b.newJob(in, duration)
	j.Worker, j.Sooner, j.Promised = worker, true, j.Start
	j.Inputs = workflow.Values{"slot": workflow.Integer(duration)}
	for _, c := range change {
		c(&j)
	}
	b.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) })
	return j
}

func pinned(j *job.Job) { j.Pinned = true }

func exact(j *job.Job) { j.Sooner = false }

// after checks when a job has started, in milliseconds after the bench began, and that the promise was kept as it was.
func (b *bench) startedAt(j job.Job, worker string, at int64) {
	b.t.Helper()
	got := b.want(j, job.Completed)
	if got.StartedAt != at || got.Worker != worker || got.Promised != j.Promised || got.Delay != nil {
		b.t.Errorf("started on %s %d ms after it should on %s, promised %d ms before that, %+v", got.Worker, got.StartedAt-at, worker,
			got.Promised-j.Promised, got.Delay)
	}
}

func TestAnIdleWorkerTakesWhatFitsBeforeTheNextSlot(t *testing.T) {
	within(t, nil, func(b *bench) {
		began := b.millis()
		fixed := b.sooner("gpu", 10*second, 5*second, exact)
		long := b.sooner("gpu", 20*second, 12*second)
		fits := b.sooner("gpu", 40*second, 9*second)
		last := b.sooner("gpu", 60*second, 9*second)
		time.Sleep(2 * time.Minute)
		b.startedAt(fits, "gpu", began)
		b.startedAt(fixed, "gpu", fixed.Start)
		b.startedAt(long, "gpu", fixed.Start+4500)
		b.startedAt(last, "gpu", fixed.Start+4500+10_800)
	})
}

// What runs now has its slot: one that ends before it has not left room for the whole gap.
func TestMovesForwardGoOnWhenARunEndsEarly(t *testing.T) {
	within(t, nil, func(b *bench) {
		b.gpu.setTakes(func(job.Job) time.Duration { return time.Second })
		began := b.millis()
		var jobs []job.Job
		for i := range int64(20) {
			jobs = append(jobs, b.sooner("gpu", i*10_001, 10*second))
		}
		time.Sleep(4 * time.Minute)
		for i, j := range jobs {
			b.startedAt(j, "gpu", began+int64(i)*second)
		}
	})
}

func TestWhatMakesRoomForAMove(t *testing.T) {
	for name, room := range map[string]func(b *bench, fixed job.Job){
		"a cancelled booking": func(b *bench, fixed job.Job) {
			b.update(func(ctx context.Context, tx store.Tx) error {
				j, err := tx.Job(ctx, fixed.ID)
				if err != nil {
					return err
				}
				if err := j.Cancel(b.millis()); err != nil {
					return err
				}
				return tx.UpdateJob(ctx, j)
			})
		},
		"a booking that is moved": func(b *bench, fixed job.Job) {
			fixed.Move(fixed.Start + 100*second)
			b.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, fixed) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, func(b *bench) {
				fixed := b.sooner("gpu", 10*second, 5*second, exact)
				waits := b.sooner("gpu", 20*second, 12*second)
				time.Sleep(3 * time.Second)
				b.want(waits, job.Scheduled)
				at := b.millis()
				room(b, fixed)
				time.Sleep(5 * time.Minute)
				b.startedAt(waits, "gpu", at)
			})
		})
	}
}

func TestNothingMovesIntoAPause(t *testing.T) {
	within(t, nil, func(b *bench) {
		pause := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(b.millis()+5*second, 10*second), UserID: b.user.ID}
		b.update(func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) })
		waits := b.sooner("gpu", 60*second, 6*second)
		time.Sleep(2 * time.Minute)
		at := b.want(waits, job.Completed).StartedAt
		if at <= pause.Slot.End || at > pause.Slot.End+second {
			t.Errorf("started %d ms after the end of the pause", at-pause.Slot.End)
		}
	})
}

// Of several idle workers one gets the job, and only where it is not pinned to another.
func TestWorkersTakeFromOthers(t *testing.T) {
	within(t, several("two", "three"), func(b *bench) {
		began := b.millis()
		busy := b.sooner("gpu", 0, 60*second, pinned)
		stays := b.sooner("gpu", 60_001, 5*second, pinned)
		taken := b.sooner("gpu", 70_000, 5*second)
		other := b.sooner("gpu", 80_000, 5*second)
		third := b.sooner("gpu", 90_000, 5*second)
		time.Sleep(5 * time.Minute)
		b.startedAt(busy, "gpu", began)
		b.startedAt(stays, "gpu", busy.Start+54*second)
		workers := map[string]int{}
		for _, j := range []job.Job{taken, other, third} {
			got := b.want(j, job.Completed)
			workers[got.Worker]++
			if at := got.StartedAt - began; at != 0 && at != 4500 {
				t.Errorf("started after %d ms on %s", at, got.Worker)
			}
		}
		if len(workers) != 2 || workers["gpu"] != 0 {
			t.Errorf("ran on %v", workers)
		}
	})
}

// A worker that is not ready moves nothing forward, and does when it is.
func TestAMoveWaitsForItsComfyUI(t *testing.T) {
	within(t, func(b *bench) { b.gpu.busy = "booting" }, func(b *bench) {
		waits := b.sooner("gpu", 60*second, 6*second)
		time.Sleep(3500 * time.Millisecond)
		b.want(waits, job.Scheduled)
		at := b.millis()
		b.gpu.setBusy("")
		time.Sleep(time.Minute)
		b.startedAt(waits, "gpu", at)
	})
}

// A job that was moved forward and could not be handed over gets what it was promised, if that is still free.
func TestAMoveThatFails(t *testing.T) {
	within(t, nil, func(b *bench) {
		fails := true
		b.gpu.setTakes(func(job.Job) time.Duration { return 0 })
		b.gpu.setEnds(func(j job.Job) dispatch.Outcome {
			if fails {
				fails = false
				b.gpu.setBusy("it is down")
				return dispatch.Outcome{Verdict: dispatch.NotStarted, Reason: "it is down"}
			}
			return completes(j)
		})
		waits := b.sooner("gpu", 60*second, 6*second)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		b.gpu.setBusy("")
		time.Sleep(2 * time.Minute)
		if got := b.want(waits, job.Completed); got.StartedAt > waits.Start {
			t.Errorf("started %d ms after the promise, %+v", got.StartedAt-waits.Start, got.Delay)
		}
	})
}

// A job whose worker is down when its slot begins starts on another one that is free, unless it is pinned.
func TestAnotherWorkerStartsWhatOneThatIsDownCannot(t *testing.T) {
	within(t, several("two", "three"), func(b *bench) {
		b.gpu.setBusy("ComfyUI is down")
		b.sooner("two", second, 60*second, exact)
		moves := b.sooner("gpu", 5*second, 5*second, exact)
		stays := b.sooner("gpu", 15*second, 5*second, exact, pinned)
		time.Sleep(12 * time.Second)
		got := b.want(moves, job.Completed)
		if got.Worker != "three" || got.StartedAt > moves.Start+job.OnTime+10 || got.Delay == nil || got.Delay.Kind != job.Late ||
			got.Delay.Reason != "ComfyUI is down" || got.Delay.BookedStart != moves.Start {
			t.Errorf("started on %s %d ms after its slot, %+v", got.Worker, got.StartedAt-moves.Start, got.Delay)
		}
		time.Sleep(6 * time.Second)
		b.want(stays, job.Scheduled)
		b.gpu.setBusy("")
		time.Sleep(time.Minute)
		if got := b.want(stays, job.Completed); got.Worker != "gpu" {
			t.Errorf("the pinned job ran on %s", got.Worker)
		}
	})
}

// What is overdue goes where it ends first, and in the order of the promises.
func TestOverdueJobsChangeLanes(t *testing.T) {
	within(t, several("two"), func(b *bench) {
		b.gpu.setTakes(func(job.Job) time.Duration { return 50 * time.Second })
		b.sooner("gpu", second, 5*second, exact)
		first := b.sooner("gpu", 10*second, 5*second, exact)
		other := b.sooner("gpu", 16*second, 5*second, exact)
		stays := b.sooner("gpu", 22*second, 5*second, exact, pinned)
		time.Sleep(45 * time.Second)
		for _, j := range []job.Job{first, other} {
			if got := b.want(j, job.Completed); got.Worker != "two" || got.StartedAt > j.Slot().End+second || got.Delay.Kind != job.Overdue ||
				got.Delay.Reason != "the job before it is still running" {
				t.Errorf("on %s, started %d ms after its slot, %+v", got.Worker, got.StartedAt-j.Slot().End, got.Delay)
			}
		}
		time.Sleep(time.Minute)
		if got := b.want(stays, job.Completed); got.Worker != "gpu" {
			t.Errorf("the pinned job ran on %s", got.Worker)
		}
	})
}

// A job whose files are on their way lets others go first.
func TestAMoveWaitsForFiles(t *testing.T) {
	within(t, nil, func(b *bench) {
		began := b.millis()
		film := b.newJob(60*second, 5*second).ID
		b.gpu.mu.Lock()
		b.gpu.files = func(j job.Job) bool { return j.ID != film || b.millis() >= began+8*second }
		b.gpu.mu.Unlock()
		waits := b.sooner("gpu", 60*second, 5*second, func(j *job.Job) { j.ID = film })
		goes := b.sooner("gpu", 70*second, 5*second)
		time.Sleep(2 * time.Minute)
		b.startedAt(goes, "gpu", began)
		if got := b.want(waits, job.Completed); got.StartedAt < began+8*second || got.StartedAt > began+9*second {
			t.Errorf("started after %d ms", got.StartedAt-began)
		}
	})
}
