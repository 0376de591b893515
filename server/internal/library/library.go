// Package library holds which workflows there are: it reads their files, watches them for edits, knows what each worker can run of
// them (see Stock), and keeps every version that something was booked with, so that jobs can run after an edit.
package library

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Store keeps versions.
type Store interface {
	store.Workflows
	Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error)
}

// Source names a workflow, its file and its inputs.
type Source struct {
	ID       string
	Title    string                  // unless somebody gave another one
	From     workflow.Source         // of those in Config: the configuration
	File     string                  // path; empty: the store has it
	Bindings map[string]form.Binding // nil: the form is what the file says, or is detected
	Filename string                  // of an import, as it was brought
	hash     string                  // of what was imported
	Importer string                  // id of the user who brought it; empty: nobody did
}

// Config holds the sources of a library and the store that keeps their versions.
type Config struct {
	Store   Store
	Sources []Source // those of the configuration, at least one
	Folder  string   // in which each file is a workflow; empty: none is
	Policy  account.Policy
	Now     func() time.Time
	Log     *slog.Logger
	// OnChange is told all workflows when something about one of them has changed. It must be quick.
	OnChange func([]workflow.Workflow)
}

// Library is the workflows. It is safe for concurrent use.
type Library struct {
	Config

	telling sync.Mutex    // one call of OnChange at a time, in order
	wake    chan struct{} // one token: something is pending

	changing sync.Mutex // one change of edits at a time
	mu       sync.Mutex
	entries  []*entry                     // in the order of the sources
	known    map[string]*workflow.Version // that were current in this life, by hash
	kept     map[string]bool              // hashes of versions that the store has
	pictures map[string]string            // names of the pictures that the store has, by workflow
	stocks   []*Stock
	byWorker map[string]*Stock
	news     uint64 // counts what was settled, and what workers told: whatever decides which of them run what
}

// New makes a library that offers the sources as their files are. Where a form depends on ComfyUI's classes, it is known when the
// first ComfyUI has told them. What the store
// and the folder have comes with Load. Nobody is told of anything yet.
func New(c Config) *Library {
	l := &Library{
		Config:   c,
		wake:     make(chan struct{}, 1),
		known:    map[string]*workflow.Version{},
		kept:     map[string]bool{},
		byWorker: map[string]*Stock{},
	}
	for _, s := range c.Sources {
		s.From = workflow.FromConfiguration
		e := l.add(s)
		l.read(e)
		l.settle(e)
	}
	return l
}

// Workflows returns all of them as they are offered, in the order of the sources.
func (l *Library) Workflows() []workflow.Workflow {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]workflow.Workflow, len(l.entries))
	for i, e := range l.entries {
		all[i] = l.shown(e)
	}
	return all
}

// First returns the id of the first workflow.
func (l *Library) First() string { return l.entries[0].source.ID }

// entry finds a workflow, the first for an empty id; nil.
func (l *Library) entry(id string) *entry {
	for _, e := range l.entries {
		if id == "" || e.source.ID == id {
			return e
		}
	}
	return nil
}

// Bookable says why a workflow cannot be booked: fault.NotFound, fault.NotBookable; nil.
func (l *Library) Bookable(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(id)
	if e == nil {
		return fault.NoSuch("workflow", id)
	}
	switch w := l.shown(e); {
	case w.Disabled:
		return fault.New(fault.NotBookable, "the workflow "+w.ID+" is switched off").With("workflow_id", w.ID)
	case w.Version == "" || !w.Bookable && len(e.fits) > 0:
		return notBookable(w.ID, w.Problems)
	}
	return nil
}

// Runners returns those of some workers that can run what is offered of a workflow, in their order, each with the workflow as On has it;
// also those that have not been asked yet. Nobody may change what it returns: others have it too.
func (l *Library) Runners(id string, workers []string) []workflow.There {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(id)
	if e == nil {
		return nil
	}
	if len(workers) == 1 { // who names one is not to put out what is known of all
		return l.findRunners(e, workers)
	}
	if e.runners.news != l.news || !slices.Equal(e.runners.of, workers) {
		e.runners = runners{l.news, slices.Clone(workers), l.findRunners(e, workers)}
	}
	return e.runners.there
}

// runners holds the last answer about several workers: where there are many, each booking asks for the same.
type runners struct {
	news  uint64 // the library's, then
	of    []string
	there []workflow.There
}

func (l *Library) findRunners(e *entry, workers []string) []workflow.There {
	all := make([]workflow.There, 0, len(workers))
	for _, worker := range workers {
		s := l.byWorker[worker]
		if !e.runsOn(worker, s) {
			continue
		}
		there := workflow.There{Worker: worker}
		if e.version != nil && s != nil && s.info != nil {
			there.Offer = s.offer(e.version)
		}
		all = append(all, there)
	}
	return all
}

// runsOn reports whether a worker can run the workflow, of which nothing else is known when its stock is nil.
func (e *entry) runsOn(worker string, s *Stock) bool {
	if f, asked := e.fits[worker]; asked {
		return f.runs()
	}
	return s == nil || s.MayRun == nil || s.MayRun(e.source.ID)
}

// On returns what is offered of a workflow as a worker's ComfyUI has it; false when that has not been asked yet.
func (l *Library) On(worker, id string) (o workflow.Offer, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, s := l.entry(id), l.byWorker[worker]
	if e == nil || e.version == nil || s == nil || s.info == nil {
		return o, false
	}
	return s.offer(e.version), true
}
