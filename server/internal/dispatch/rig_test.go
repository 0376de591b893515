package dispatch_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// gpu is a ComfyUI that takes as long as it is told and remembers what it ran.
type gpu struct {
	bench *bench

	mu        sync.Mutex
	takes     func(j job.Job) time.Duration
	ends      func(j job.Job) dispatch.Outcome
	fate      func(j job.Job) dispatch.Outcome
	files     func(j job.Job) bool // whether they are there; nil: always
	deaf      bool                 // it hears no interrupt
	busy      string               // why it is not ready
	looked    func()               // called once, when a look has ended; nil: nothing is
	changed   chan struct{}
	running   int
	rests     int
	prepared  []start
	cleared   []int64
	starts    []start
	interrupt map[string]chan struct{}
	asked     int // to interrupt a run
}

type start struct {
	id      string
	attempt int
	at      int64 // by the wall clock
}

func (g *gpu) Ready(context.Context) (bool, string) {
	g.mu.Lock()
	busy, looked := g.busy, g.looked
	g.looked = nil
	g.mu.Unlock()
	if looked != nil {
		looked()
	}
	return busy == "", busy
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

func (g *gpu) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cleared = append(g.cleared, g.bench.now().UnixMilli())
}

func (g *gpu) Prepare(_ context.Context, j job.Job) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prepared = append(g.prepared, start{j.ID, j.Attempt, g.bench.now().UnixMilli()})
}

func (g *gpu) HasFiles(_ context.Context, j job.Job) bool {
	g.mu.Lock()
	files := g.files
	g.mu.Unlock()
	return files == nil || files(j)
}

func (g *gpu) Run(ctx context.Context, j job.Job, begins func() bool, posted func()) dispatch.Outcome {
	if !begins() {
		return dispatch.Outcome{Verdict: dispatch.NotStarted}
	}
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

func (g *gpu) Fate(_ context.Context, j job.Job) dispatch.Outcome {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fate == nil {
		return dispatch.Outcome{}
	}
	return g.fate(j)
}

func (g *gpu) Trouble() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.busy
}

func (g *gpu) FreeMemory(context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rests++
}

func (g *gpu) Interrupt(j job.Job) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if c := g.interrupt[j.ID]; c != nil && !g.deaf {
		close(c)
		delete(g.interrupt, j.ID)
	}
}

// bench is a dispatcher with a real store in a bubble of its own time.
type bench struct {
	t      *testing.T
	store  store.Store
	gpu    *gpu            // of the first worker
	gpus   map[string]*gpu // by worker
	user   account.User
	mu     sync.Mutex
	skew   time.Duration // of the wall clock
	stop   func()
	grace  time.Duration
	events []job.Job
	// What a test may set before the dispatcher starts.
	overrun     dispatch.OverrunLimit
	wrap        func(store.Store) store.Store // between the dispatcher and the store
	onCommit    func([]job.Job)
	untold      atomic.Bool // the dispatcher hears of nothing
	workers     []string    // besides the first, "gpu"
	places      *placement.Workers
	dispatchers []*dispatch.Dispatcher
}

const second = int64(1000)

func completes(job.Job) dispatch.Outcome {
	return dispatch.Outcome{Verdict: dispatch.Completed, Results: []job.Result{{Filename: "a.png", Kind: job.Image}}}
}

// within runs a test in a bubble. prepare may set things up before the dispatcher starts.
func within(t *testing.T, prepare, test func(*bench)) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, user: account.User{ID: uuid.NewString()}, grace: 30 * time.Second}
		opened, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		s := storetest.Wrap(opened)
		b.store = s
		b.gpus = map[string]*gpu{}
		b.gpu = b.newGPU("gpu")
		follower := changes.New(s, changes.FromNow(s), b.follow)
		if err := follower.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		following := make(chan error, 1)
		go func() {
			following <- changes.Run(context.WithoutCancel(t.Context()), s, slog.New(slog.DiscardHandler), follower)
		}()
		b.update(func(ctx context.Context, tx store.Tx) error {
			return tx.InsertUser(ctx, b.user)
		})
		if prepare != nil {
			prepare(b)
		}
		kept := b.store
		if b.wrap != nil {
			kept = b.wrap(kept)
		}
		var running sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for _, worker := range append([]string{"gpu"}, b.workers...) {
			d := b.newDispatcher(worker, kept)
			running.Go(func() {
				if err := d.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		b.stop = sync.OnceFunc(func() {
			cancel()
			running.Wait()
		})
		test(b)
		b.stop()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-following; err != nil {
			t.Error(err)
		}
	})
}

// newGPU makes the ComfyUI of a worker.
func (b *bench) newGPU(worker string) *gpu {
	b.gpus[worker] = &gpu{
		bench:     b,
		changed:   make(chan struct{}),
		interrupt: map[string]chan struct{}{},
		ends:      completes,
		takes:     func(j job.Job) time.Duration { return time.Duration(j.Estimate) * time.Millisecond },
	}
	return b.gpus[worker]
}

func (b *bench) newDispatcher(worker string, kept store.Store) *dispatch.Dispatcher {
	runs, is := b.gpus[worker]
	if !is {
		runs = b.newGPU(worker)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	d := dispatch.New(dispatch.Config{
		Worker:  worker,
		Store:   kept,
		Runner:  runs,
		Now:     b.now,
		Grace:   b.grace,
		Overrun: b.overrun,
		Workers: b.places,
		Log:     slog.New(slog.DiscardHandler),
	})
	b.dispatchers = append(b.dispatchers, d)
	return d
}

// watchCommits has a function called with the jobs of each commit from now on.
func (b *bench) watchCommits(watch func([]job.Job)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onCommit = watch
}

// follow hears of what was committed, and tells the dispatcher.
func (b *bench) follow(news []store.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range news {
		var jobs []job.Job
		for _, thing := range c.Things {
			if thing.Job != nil {
				jobs = append(jobs, *thing.Job)
			}
		}
		if b.onCommit != nil {
			b.onCommit(jobs)
		}
		b.events = append(b.events, jobs...)
	}
	for _, d := range b.dispatchers {
		if !b.untold.Load() {
			d.Follow(news)
		}
	}
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

func (b *bench) update(change func(context.Context, store.Tx) error) {
	b.t.Helper()
	if _, err := b.store.Update(b.t.Context(), change); err != nil {
		b.t.Fatal(err)
	}
}

// book puts a job on the timeline; in is the time until its start, in milliseconds.
func (b *bench) book(in, duration int64) job.Job {
	b.t.Helper()
	j := b.newJob(in, duration)
	b.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, j) })
	return j
}

// other is somebody else.
func (b *bench) other() account.User {
	u := account.User{ID: uuid.NewString(), Name: "somebody else"}
	b.update(func(ctx context.Context, tx store.Tx) (err error) {
		return tx.InsertUser(ctx, u)
	})
	return u
}

func (b *bench) newJob(in, duration int64) job.Job {
	return job.Job{
		ID:       uuid.Must(uuid.NewV7()).String(),
		UserID:   b.user.ID,
		Worker:   "gpu",
		Status:   job.Scheduled,
		Start:    b.millis() + in,
		Duration: duration,
		Estimate: duration * 9 / 10,
		Inputs:   workflow.Values{"prompt": workflow.Text("p")},
		Attempt:  1,
		Version:  1,
	}
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
