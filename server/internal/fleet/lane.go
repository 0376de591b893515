package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/handover"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/launch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measure"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/runner"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Lane is a worker and its dispatcher: one ComfyUI, what runs jobs on it, and what decides when.
type Lane struct {
	ID         string
	Status     *launch.Status
	Engine     *launch.Engine
	Stock      *library.Stock
	Ledger     *measured.Ledger
	Meter      *measure.Meter
	Files      *handover.Handover
	Runner     *runner.Runner
	Dispatcher *dispatch.Dispatcher

	maxFile    atomic.Int64 // bytes of a file that its ComfyUI takes; 0: not known
	measurable *measurable
	outputs    outputs.Folder // zero: its disk cannot be read
	inputs     files.Source   // what lies in its ComfyUI's input folder
	results    files.Source   // what its ComfyUI wrote, by the names that it gave
	earlier    []files.Source // where that lay before its output folder was changed
	naming     naming         // of them
}

// leavings are the files that a worker's ComfyUI leaves in the data folder. The first worker's lie where they did when there was
// one only, those of others in folders of their own.
type leavings struct {
	launch.Files
	benchmark string
	places    string // where its results lie
}

func leavingsOf(dataDir, worker string, first bool) leavings {
	stem := filepath.Join(dataDir, "comfyui-"+worker)
	if !first {
		stem = filepath.Join(dataDir, "workers", worker, "comfyui")
	}
	return leavings{launch.Files{Record: stem + ".json", Log: stem + ".log"}, stem + "-benchmark.json", stem + placesEnding}
}

// newLane puts one together. Nothing is started.
func newLane(c Config, i int, formers []former, earlier []place, shared *wanted) *Lane {
	w := c.Workers[i]
	l := &Lane{ID: w.ID, naming: namingOf(c.Workers, i, formers)}
	left := leavingsOf(c.DataDir, w.ID, i == 0)
	if err := os.MkdirAll(filepath.Dir(left.Record), 0o700); err != nil { // what cannot be kept is told when it is written
		c.Log.Error("cannot make the worker's folder", "worker", w.ID, "err", err)
	}
	notePlaces(c, i, earlier, left.places)
	l.Status = launch.NewStatus(health.Worker{
		ID:        w.ID,
		Title:     w.Title,
		Remote:    !w.ComfyUI.IsLaunched(),
		Status:    health.Booting,
		Reason:    "ComfyUI is starting",
		Plain:     "ComfyUI is starting",
		Simulated: w.ComfyUI.Installation == config.Simulated,
	}, c.OnWorker)
	l.Engine = launch.New(launch.Config{
		Worker:     w.ID,
		ComfyUI:    w.ComfyUI,
		Env:        w.Environment,
		PartnerKey: c.PartnerKey,
		MaxUpload:  c.MaxUpload,
		Files:      left.Files,
		DataDir:    c.DataDir,
		Instance:   c.Instance,
		Executable: c.Executable,
		Status:     l.Status,
		Trial:      trial{l, c.Learned.Rules.Silence, c.Store},
		Pace:       c.Pace.Launch,
		Now:        c.Now,
		Log:        c.Log,
	})
	l.Ledger = measured.New(c.Store, w.ID, c.Log)
	l.Meter = l.newMeter(c, w, left.benchmark)
	l.Stock = c.Library.Stock(w.ID, library.StockConfig{
		ComfyUI:   l.Engine.Client(),
		Notice:    l.Status.NoticeAll,
		BadResult: func(graph string) string { return l.Ledger.Of(graph).Problem() },
		Edited:    func(id string) { l.Meter.Edited(id) },
		MayRun:    w.MayRun,
		InputDir:  w.ComfyUI.InputDir(),
		MaxFile:   l.maxFile.Load,

		InputFiles: l.Engine.Client().InputFiles,
		RetryEvery: c.Pace.library(),
	})
	c.Learned.Worker(w.ID).OnLearned(l.show)
	l.measurable = &measurable{stock: l.Stock, wanted: shared}
	l.Runner = l.newRunner(c, w)
	l.Dispatcher = newDispatcher(c, w.ID, l.Runner)
	l.results, l.earlier = l.resultsOf(c, w), sourcesOf(earlier, postersFor(c, w))
	l.inputs = l.inputsOf(w)
	return l
}

func newDispatcher(c Config, worker string, runs dispatch.Runner) *dispatch.Dispatcher {
	return dispatch.New(dispatch.Config{
		Worker:  worker,
		Store:   c.Store,
		Runner:  runs,
		Now:     c.Now,
		Grace:   c.Grace,
		Overrun: c.Overrun,
		Workers: c.Places,
		Log:     c.Log,
	})
}

// resultsOf returns what a worker's ComfyUI writes, where the service can read it, else through ComfyUI's interface.
func (l *Lane) resultsOf(c Config, w config.Worker) files.Source {
	if w.ComfyUI.OutputDir != "" {
		l.outputs = outputs.New(w.ComfyUI.OutputDir, w.ComfyUI.OutputLinks...)
		return files.NewDirectory(l.outputs, postersFor(c, w))
	}
	return files.NewRemote(l.Runner.Fetch, postersFor(c, w))
}

// show tells everybody what was learned of a workflow.
func (l *Lane) show(workflow string) {
	if offer, _ := l.Stock.Offered(workflow); offer.Version != nil {
		l.Meter.Shows(offer)
	}
}

// newMeter makes the lane's meter, which keeps its benchmark in a file. It asks for the lane's other parts when it works, not before.
func (l *Lane) newMeter(c Config, w config.Worker, file string) *measure.Meter {
	return measure.New(measure.Config{
		Worker:       w.ID,
		Client:       l.Engine.Client(),
		Engine:       l.Engine,
		Status:       l.Status,
		Workflow:     c.Library.First(),
		First:        func() (workflow.Offer, bool) { return l.Stock.First() },
		WarmupPrompt: c.WarmupPrompt,
		Candidates:   func(ctx context.Context) []measured.Candidate { return l.measurable.candidates(ctx) },
		Offer:        func(id string) (workflow.Offer, bool) { return l.Stock.Offered(id) },
		Found: func(ctx context.Context, v *workflow.Version, name string) []string {
			return l.Runner.FilesOf(ctx, v, name)
		},
		Judged: l.rejudge,
		OnDone: func(done measure.Done) {
			if c.OnMeasured != nil {
				c.OnMeasured(w.ID, done)
			}
		},
		Ledger:  l.Ledger,
		Every:   c.MeasureEvery,
		Now:     c.Now,
		Learned: c.Learned.Worker(w.ID),
		DueWithin: func(ctx context.Context, ms int64) bool {
			return dispatch.DueWithin(ctx, c.Store, w.ID, c.Now().UnixMilli(), ms)
		},
		OutputDir: w.ComfyUI.OutputDir,
		File:      file,
		Earlier:   c.Store,
		Pace:      c.Pace.Measure,
		Log:       c.Log,
	})
}

// newRunner makes the lane's runner, of the parts that are there, and what hands files over before it runs a job.
func (l *Lane) newRunner(c Config, w config.Worker) *runner.Runner {
	l.Files = handover.New(handover.Config{
		Worker:  w.ID,
		ComfyUI: l.Engine.Client(),
		Source:  c.Assets,
		Store:   c.Store,
		Now:     c.Now,
		Log:     c.Log,
	})
	return runner.New(runner.Config{
		Worker:       w.ID,
		Client:       l.Engine.Client(),
		Engine:       l.Engine,
		Meter:        l.Meter,
		Library:      l.Stock,
		Jobs:         c.Store,
		Files:        l.Files,
		OutputDir:    w.ComfyUI.OutputDir,
		Links:        w.ComfyUI.OutputLinks,
		NameOf:       l.naming.full,
		OwnName:      l.naming.own,
		SilenceLimit: c.Learned.Rules.Silence,
		Learned:      c.Learned.Worker(w.ID),
		OnProgress:   c.OnProgress,
		Now:          c.Now,
		Log:          c.Log,
	})
}

// Supervise keeps the lane up until ctx ends, after a boot that ended with down: ComfyUI runs, edited workflows are taken in and
// measured again when it is quiet.
func (l *Lane) Supervise(ctx context.Context, down error) {
	var parts sync.WaitGroup
	parts.Go(func() { l.Engine.Supervise(ctx, down) })
	parts.Go(func() { l.Stock.Run(ctx, func() bool { return l.Status.Get().Status == health.Ready }) })
	parts.Go(func() { l.Meter.Run(ctx) })
	parts.Go(func() { l.Files.Run(ctx) })
	parts.Wait()
}

// trial has the lane's parts try a ComfyUI before jobs run on it.
type trial struct {
	*Lane
	silenceLimit func(estimate int64) time.Duration
	jobs         store.Jobs
}

var _ launch.Trial = trial{}

// Validate implements launch.Trial. Paths and templates were checked with the configuration.
func (t trial) Validate(context.Context) (string, error) {
	t.Status.Notice("the output folder", outputs.InWords(t.outputs.Astray()))
	return t.Stock.Detail(), nil
}

// Connected implements launch.Trial.
func (t trial) Connected(ctx context.Context) error {
	if err := t.Ledger.Read(ctx); err != nil {
		return err
	}
	if most, err := t.Engine.Client().MaxUpload(ctx); err == nil { // else it shows when a file is handed over
		t.maxFile.Store(most)
	}
	if err := t.Stock.Take(ctx); err != nil {
		return err
	}
	t.Meter.Recall(ctx)
	return nil
}

// Returned implements launch.Trial.
func (t trial) Returned(ctx context.Context) error { return t.Stock.Return(ctx) }

// Busy implements launch.Trial.
func (t trial) Busy(ctx context.Context) bool {
	running, err := t.jobs.ListJobs(ctx, store.Query{Worker: t.ID, Statuses: []job.Status{job.Processing}, Limit: 1})
	if err == nil && len(running) > 0 {
		return true
	}
	queue, err := t.Engine.Client().Queue(ctx)
	return err == nil && len(queue.Running)+len(queue.Pending) > 0
}

// WarmUp implements launch.Trial.
func (t trial) WarmUp(ctx context.Context, attached bool) (string, error) {
	detail, skipped, err := t.Meter.WarmUp(ctx, attached)
	return detail, errors.Join(err, skip(skipped))
}

// Benchmark implements launch.Trial.
func (t trial) Benchmark(ctx context.Context, attached bool) (string, error) {
	detail, skipped, err := t.Meter.Benchmark(ctx, attached)
	return detail, errors.Join(err, skip(skipped))
}

// Recovered implements launch.Trial.
func (t trial) Recovered(ctx context.Context) bool { return t.Meter.Recovered(ctx, t.silenceLimit(0)) }

// skip is the error of a step that was skipped for a reason; nil without one.
func skip(reason string) error {
	if reason == "" {
		return nil
	}
	return launch.Skipped(reason)
}
