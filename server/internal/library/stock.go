package library

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// ComfyUI tells its node classes, as GET /object_info does.
type ComfyUI interface {
	ObjectInfo(ctx context.Context) ([]byte, error)
}

// StockConfig holds a worker's ComfyUI and those who are told of workflows there.
type StockConfig struct {
	ComfyUI ComfyUI
	// Notice tells the operator what is wrong with a workflow; empty: nothing any more.
	Notice func(workflow, text string)
	// Edited is told of a workflow of which the worker runs an edited version from now on.
	Edited func(workflow string)
	// BadResult says why the result of a graph, by its hash, cannot be used there; nothing when it can or is not known. Nil: nothing
	// is known.
	BadResult func(graph string) string
	// MayRun says whether the configuration lets the worker run a workflow; nil: any.
	MayRun func(workflow string) bool
	// MaxFile returns the bytes of a file that ComfyUI takes, 0 when that is not known; nil: it never is.
	MaxFile func() int64
	// InputDir is the folder that ComfyUI takes files from; empty when the service cannot read it.
	InputDir string
	// InputFiles asks ComfyUI for what lies in that folder, where the service cannot read it; nil: it cannot be asked.
	InputFiles func(ctx context.Context) ([]string, error)
	// RetryEvery is the time after which a ComfyUI is asked once more that could not be asked.
	RetryEvery time.Duration
}

// Stock knows what one worker's ComfyUI can run of the library. It is safe for concurrent use.
type Stock struct {
	StockConfig
	*Library
	worker string
	edited chan struct{} // one token: the files are to be read again

	hasFile func(name string) bool // as workflow.Offer has it

	asking sync.Mutex        // one look at the library at a time
	ran    map[string]string // versions that it ran last, by workflow
	told   map[string]string // notices, by workflow
	input  listing

	info    *objectinfo.Info // nil: not told yet; guarded by the library's mu, as the following
	askedAt time.Time
	answer  [sha256.Size]byte         // hash of what it told
	made    map[string]workflow.Offer // versions as this ComfyUI has them, by hash
}

// Stock adds a worker, in the order of the configuration. Nothing is known of its ComfyUI until that is asked.
func (l *Library) Stock(worker string, c StockConfig) *Stock {
	s := &Stock{
		StockConfig: c,
		Library:     l,
		worker:      worker,
		edited:      make(chan struct{}, 1),
		ran:         map[string]string{},
		told:        map[string]string{},
		made:        map[string]workflow.Offer{},
		hasFile:     hasFile(c.InputDir),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stocks = append(l.stocks, s)
	l.byWorker[worker] = s
	l.news++
	return s
}

// First is Offered of the first workflow.
func (s *Stock) First() (o workflow.Offer, runs bool) { return s.Offered("") }

// Offered returns a workflow as the worker's ComfyUI has it, and whether that has everything that the workflow needs, whatever came
// of running it; no version where none is known.
func (s *Stock) Offered(id string) (o workflow.Offer, runs bool) {
	s.mu.Lock()
	e := s.entry(id)
	if e == nil || e.version == nil {
		s.mu.Unlock()
		return o, false
	}
	v, f := e.version, e.fits[s.worker]
	s.mu.Unlock()
	return s.On(v), f.info != nil && f.equipped()
}

// Info returns the node classes of the worker's ComfyUI; nil: it has not told them yet.
func (s *Stock) Info() *objectinfo.Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// Equipped holds the version of a workflow that a ComfyUI has everything for.
type Equipped struct {
	*workflow.Version
	Disabled bool // somebody switched it off
}

// Equipped returns the workflows that the worker's ComfyUI has everything for, whatever came of running them.
func (s *Stock) Equipped() (all []Equipped) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if f := e.fits[s.worker]; e.version != nil && !e.removed && f.info != nil && f.equipped() {
			all = append(all, Equipped{e.version, e.content.edits.Disabled})
		}
	}
	return all
}

func (l *Library) reports(e *entry) (all []fitness.Report) {
	for _, s := range l.stocks {
		report := fitness.Report{Worker: s.worker}
		if f, asked := e.fits[s.worker]; asked && f.info != nil {
			report.Asked, report.Problems = s.askedAt, f.problems
		}
		all = append(all, report)
	}
	return all
}

// Rejudge takes in that the result of a workflow was judged anew.
func (s *Stock) Rejudge(id string) {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	e := s.entry(id)
	s.mu.Unlock()
	if e != nil && s.settle(e) {
		s.notify()
	}
}

// Detail says of the first workflow what it is.
func (s *Stock) Detail() string {
	if v := s.Current(""); v != nil {
		return fmt.Sprintf("workflow %s, %d nodes", v.ID, v.NodeCount())
	}
	return fmt.Sprintf("workflow %s: %v", s.Library.First(), errNotKnown)
}

// ask asks ComfyUI for its node classes. When they are others than before, everything is to be held against them.
func (s *Stock) ask(ctx context.Context) error {
	answer, err := s.ComfyUI.ObjectInfo(ctx)
	if err != nil {
		return fmt.Errorf("ask ComfyUI about its node classes: %w", err)
	}
	sum := sha256.Sum256(answer)
	s.mu.Lock()
	same := s.info != nil && s.answer == sum
	if same {
		s.askedAt = time.Now()
	}
	s.mu.Unlock()
	if same {
		return nil // and everything was held against it
	}
	info, err := objectinfo.Parse(answer)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.info, s.askedAt, s.answer = info, time.Now(), sum
	clear(s.made)
	s.news++
	s.mu.Unlock()
	s.markAll()
	return nil
}

// Take holds the library against a ComfyUI that has just come up: the workflows of the configuration at once, the others as Run comes
// to them. Those that it cannot run are told of, and are no error: one says that ComfyUI could not be asked.
func (s *Stock) Take(ctx context.Context) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	if err := s.ask(ctx); err != nil {
		return err
	}
	s.recheck()
	return nil
}

// recheck reads the configuration's workflows again and holds them against the ComfyUI.
func (s *Stock) recheck() {
	if s.scan() {
		s.notify()
	}
	s.wakeUp()
	for _, e := range s.all() {
		if e.source.From != workflow.FromConfiguration {
			continue
		}
		s.read(e)
		if s.settle(e) {
			s.notify()
		}
		s.report(e)
	}
}

// Return is Take for a ComfyUI that answers again: it may have been started anew, with other models.
func (s *Stock) Return(ctx context.Context) error { return s.Take(ctx) }

// Run takes in edits of the library's files while ready says that ComfyUI can be asked, until ctx ends.
func (s *Stock) Run(ctx context.Context, ready func() bool) {
	ticker := time.NewTicker(s.RetryEvery)
	defer ticker.Stop()
	for edited := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-s.edited:
			edited = true
		case <-ticker.C:
		}
		if edited && ready() {
			edited = s.refresh(ctx) != nil
		}
	}
}

// refresh reads the files again and asks ComfyUI, which may have got more models with the edit. The error is that of a ComfyUI that
// could not be asked.
func (s *Stock) refresh(ctx context.Context) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	if err := s.ask(ctx); err != nil {
		return err
	}
	s.recheck()
	return nil
}

// report tells what has become of a workflow on the worker.
func (s *Stock) report(e *entry) {
	s.mu.Lock()
	id, notice, hash := e.source.ID, s.notice(e, s.worker), ""
	if e.version != nil && e.fits[s.worker].runs() {
		hash = e.version.Hash
	}
	s.mu.Unlock()
	s.Notice(id, notice)
	news := notice != s.told[id]
	s.told[id] = notice
	if notice != "" && news {
		s.Log.Error("a workflow cannot be used as it is", "worker", s.worker, "workflow", id, "err", notice)
	}
	if hash == "" {
		return
	}
	before := s.ran[id]
	s.ran[id] = hash
	if before != "" && before != hash {
		s.Log.Info("the workflow was edited", "worker", s.worker, "workflow", id)
		s.Edited(id)
	}
}
