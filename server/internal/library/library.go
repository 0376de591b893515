// Package library holds which workflows there are: it reads their files, watches them for edits, has each worker say what it can
// run of them (see Stock), and keeps every version that was offered, so that jobs booked with it can run after an edit.
package library

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Store keeps versions.
type Store interface {
	store.Templates
	Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error)
}

// Source names a workflow, its file and its inputs.
type Source struct {
	ID       string
	Title    string
	File     string
	Bindings map[string]workflow.Binding
	Template *workflow.Template // the file as it was read with the configuration
}

// read reads the file anew. The error lists everything that is wrong, one line each.
func (s Source) read() (*workflow.Template, error) {
	graph, err := os.ReadFile(s.File)
	if err != nil {
		return nil, err
	}
	return workflow.Parse(s.ID, s.Title, graph, s.Bindings)
}

// Offer is a version of a workflow, and what a ComfyUI makes of it. It is immutable.
type Offer struct {
	Template    *workflow.Template
	Description workflow.Description

	age int // versions of one workflow in the order in which they were read
}

// shown is the offer as everybody may see it.
func (o Offer) shown() workflow.Workflow {
	return workflow.Workflow{ID: o.Template.ID, Title: o.Template.Title, TemplateHash: o.Template.Hash, Description: o.Description}
}

// Config holds the sources of a library and the store that keeps their versions.
type Config struct {
	Store   Store
	Sources []Source // at least one
	Log     *slog.Logger
	// OnChange is told of a workflow whose offer has changed. It must be quick.
	OnChange func(workflow.Workflow)
}

// Library is the workflows. It is safe for concurrent use.
type Library struct {
	Config

	mu      sync.Mutex
	entries []*entry                      // in the order of the sources
	read    map[string]*workflow.Template // versions that were read in this life, by hash
	stocks  []*Stock
}

// entry is one workflow.
type entry struct {
	source  Source
	newest  Offer            // what the file held last that could be parsed
	offered Offer            // what is booked
	fits    map[string]Offer // what each worker that was asked runs, by worker
	unfit   map[string]bool  // workers that cannot run what they were asked for
}

// New makes a library that offers the sources as they are. What no ComfyUI has described yet says of itself what it can.
func New(c Config) *Library {
	l := &Library{Config: c, read: map[string]*workflow.Template{}}
	for _, s := range c.Sources {
		first := Offer{Template: s.Template, Description: s.Template.Describe(nil)}
		l.entries = append(l.entries, &entry{source: s, newest: first, offered: first, fits: map[string]Offer{}, unfit: map[string]bool{}})
		l.read[s.Template.Hash] = s.Template
	}
	return l
}

// Workflows are all of them as they are offered, in the order of the sources.
func (l *Library) Workflows() []workflow.Workflow {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []workflow.Workflow
	for _, e := range l.entries {
		all = append(all, e.offered.shown())
	}
	return all
}

// Workflow is one as it is offered; the first one for an empty id.
func (l *Library) Workflow(id string) (workflow.Workflow, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if id == "" || e.source.ID == id {
			return e.offered.shown(), true
		}
	}
	return workflow.Workflow{}, false
}

// Runs reports whether a worker may be given jobs of what is offered of a workflow. It may not when it is known to be unable
// while another worker can.
func (l *Library) Runs(worker, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.source.ID != id {
			continue
		}
		if _, asked := e.fits[worker]; !asked || e.runs(worker) {
			return true
		}
		return !slices.ContainsFunc(slices.Collect(maps.Keys(e.fits)), e.runs)
	}
	return false
}

// runs reports whether the worker is known to run what is offered.
func (e *entry) runs(worker string) bool {
	held, asked := e.fits[worker]
	return asked && !e.unfit[worker] && held.Template.Hash == e.offered.Template.Hash
}

// Template is a version of a workflow by its hash, whether it is still offered or not; store.ErrNotFound.
func (l *Library) Template(ctx context.Context, hash string) (*workflow.Template, error) {
	l.mu.Lock()
	known := l.read[hash]
	l.mu.Unlock()
	if known != nil {
		return known, nil
	}
	stored, err := l.Store.Template(ctx, hash)
	if err != nil {
		return nil, err
	}
	var bindings map[string]workflow.Binding
	if err := json.Unmarshal(stored.Bindings, &bindings); err != nil {
		return nil, fmt.Errorf("read the kept version %s of the workflow %s: %w", hash, stored.Workflow, err)
	}
	return workflow.Parse(stored.Workflow, stored.Title, stored.Graph, bindings)
}

// Current returns the version of a workflow that is offered; of the first workflow where there is none with this id.
func (l *Library) Current(id string) *workflow.Template {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.source.ID == id {
			return e.offered.Template
		}
	}
	return l.entries[0].offered.Template
}

// keep puts a version into the store.
func (l *Library) keep(ctx context.Context, t *workflow.Template) error {
	bindings, err := json.Marshal(t.Bindings())
	if err != nil {
		return err
	}
	kept := store.Template{Hash: t.Hash, Workflow: t.ID, Title: t.Title, Graph: t.Source(), Bindings: bindings}
	_, err = l.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.PutTemplate(ctx, kept) })
	return err
}

// reread reads a workflow's file. A version that the file has got since is the newest.
func (l *Library) reread(e *entry) (Offer, error) {
	template, err := e.source.read()
	if err != nil {
		return Offer{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if template.Hash != e.newest.Template.Hash {
		e.newest = Offer{Template: template, age: e.newest.age + 1}
	}
	return e.newest, nil
}

// settle notes what a worker runs of a workflow, and whether it can. What is newest of what workers run is offered, as the first
// of them describes it that can run it.
func (l *Library) settle(e *entry, worker string, o Offer, fits bool) {
	l.mu.Lock()
	e.fits[worker], e.unfit[worker] = o, !fits
	l.read[o.Template.Hash] = o.Template
	newer, same := o.age > e.offered.age, o.Template.Hash == e.offered.Template.Hash
	changed := (fits || !l.othersRun(e, worker)) && (newer || same && l.describes(e, worker))
	if changed {
		e.offered = o
	}
	shown := e.offered.shown()
	l.mu.Unlock()
	if changed {
		l.OnChange(shown)
	}
}

// othersRun reports whether another worker runs what is offered.
func (l *Library) othersRun(e *entry, worker string) bool {
	for other := range e.fits {
		if other != worker && e.runs(other) {
			return true
		}
	}
	return false
}

// describes reports whether a worker's description is the one that is shown: that of the first that runs what is offered.
func (l *Library) describes(e *entry, worker string) bool {
	for _, s := range l.stocks {
		if s.worker == worker {
			return true
		}
		if e.runs(s.worker) {
			return false
		}
	}
	return true
}
