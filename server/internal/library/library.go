// Package library holds which workflows there are: it reads their files, watches them for edits, knows what each worker can run of
// them (see Stock), and keeps every version that something was booked with, so that jobs can run after an edit.
package library

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
}

// New makes a library that offers the sources as their files are. Where a form depends on ComfyUI's classes, it is known when the
// first ComfyUI has told them. What the store
// and the folder have comes with Load. Nobody is told of anything yet.
func New(c Config) *Library {
	l := &Library{Config: c, wake: make(chan struct{}, 1), known: map[string]*workflow.Version{}, kept: map[string]bool{}}
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

// Offer returns a workflow with its form, as the first worker offers it that can run it; of the first workflow for an empty id.
// fault.NotFound; fault.NotBookable when its form is not known yet; fault.StaleWorkflow when another version is current than the
// one that is named, with the inputs that are different.
func (l *Library) Offer(ctx context.Context, id, version string) (workflow.Offer, error) {
	e, err := l.ready(id)
	if err != nil {
		return workflow.Offer{}, err
	}
	l.mu.Lock()
	offer, known := l.offer(e)
	problems := l.shown(e).Problems
	l.mu.Unlock()
	switch {
	case !known:
		return offer, notBookable(e.source.ID, problems)
	case version == "" || version == offer.Hash:
		return offer, nil
	}
	stale := fault.New(fault.StaleWorkflow, "the workflow was changed meanwhile: read its form again").
		With("workflow_id", offer.ID).With("version", offer.Hash)
	if before, err := l.Version(ctx, version); err == nil {
		stale.Fields = differences(before.Form, offer.Version.Form)
	}
	return offer, stale
}

// notBookable is the reason why a workflow cannot be booked.
func notBookable(id string, problems []string) error {
	reason := strings.Join(problems, "; ")
	if reason == "" {
		reason = "no worker has been asked yet whether it can run it: try again when a ComfyUI is there"
	}
	return fault.New(fault.NotBookable, "the workflow "+id+" cannot be booked: "+reason).With("workflow_id", id)
}

// differences names the inputs that two forms do not have alike, as far as a booking has to do with them.
func differences(before, now *form.Form) (changed []fault.Field) {
	note := func(name, message string) {
		changed = append(changed, fault.Field{Name: "inputs", Key: name, Message: message})
	}
	for _, in := range now.Inputs {
		old := before.Named(in.Name)
		switch {
		case in.Hidden:
		case old == nil || old.Hidden:
			note(in.Name, "is new")
		case !slices.Equal(old.Targets, in.Targets):
			note(in.Name, "sets something else")
		case old.Kind != in.Kind || old.Min != in.Min || old.Max != in.Max || !slices.Equal(old.Choices, in.Choices):
			note(in.Name, "takes other values")
		case old.Optional != in.Optional || old.Default != in.Default:
			note(in.Name, "is another one when it is left out")
		}
	}
	for _, old := range before.Inputs {
		if in := now.Named(old.Name); !old.Hidden && (in == nil || in.Hidden) {
			note(old.Name, "is gone")
		}
	}
	return changed
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

// Runs reports whether a worker can run what is offered of a workflow; also when it has not been asked yet.
func (l *Library) Runs(worker, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(id)
	if e == nil {
		return false
	}
	f, asked := e.fits[worker]
	return !asked || f.runs()
}

// On returns what is offered of a workflow as a worker's ComfyUI has it; false when that has not been asked yet.
func (l *Library) On(worker, id string) (o workflow.Offer, known bool) {
	l.mu.Lock()
	var v *workflow.Version
	if e := l.entry(id); e != nil {
		v = e.version
	}
	i := slices.IndexFunc(l.stocks, func(s *Stock) bool { return s.worker == worker && s.info != nil })
	if v == nil || i < 0 {
		l.mu.Unlock()
		return o, false
	}
	s := l.stocks[i]
	l.mu.Unlock()
	o = s.On(v)
	o.HasFile = hasFile(s.InputDir)
	return o, true
}

// Version returns a version of a workflow by its hash, whether it is still offered or not; store.ErrNotFound.
func (l *Library) Version(ctx context.Context, hash string) (*workflow.Version, error) {
	l.mu.Lock()
	known := l.known[hash]
	l.mu.Unlock()
	if known != nil {
		return known, nil
	}
	kept, err := l.Store.WorkflowVersion(ctx, hash)
	if err != nil {
		return nil, err
	}
	v, err := workflow.Decode(kept.Workflow, kept.Title, hash, workflow.Encoded{
		Graph:  kept.Graph,
		Form:   kept.Form,
		Editor: kept.Editor,
		More:   kept.More,
	})
	if err != nil {
		return nil, fmt.Errorf("read the kept version %s of the workflow %s: %w", hash, kept.Workflow, err)
	}
	return v, nil
}

// Current returns the version of a workflow that is offered; nil where there is none.
func (l *Library) Current(id string) *workflow.Version {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entry(id); e != nil {
		return e.version
	}
	return nil
}

// Keep puts a version into the store: it is to be there before anything is booked with it.
func (l *Library) Keep(ctx context.Context, v *workflow.Version) error {
	l.mu.Lock()
	kept := l.kept[v.Hash]
	l.mu.Unlock()
	if kept {
		return nil
	}
	encoded := v.Encode()
	_, err := l.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.PutWorkflowVersion(ctx, store.WorkflowVersion{
			Hash:     v.Hash,
			Workflow: v.ID,
			Title:    v.Title,
			Graph:    encoded.Graph,
			Form:     encoded.Form,
			Editor:   encoded.Editor,
			More:     encoded.More,
		})
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[v.Hash] = true
	return nil
}

// all returns the workflows there are now.
func (l *Library) all() []*entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// markAll has everything held against the workers' ComfyUIs anew.
func (l *Library) markAll() {
	l.mu.Lock()
	for _, e := range l.entries {
		e.pending = true
	}
	l.mu.Unlock()
	l.wakeUp()
}

// wakeUp has Run look for what is pending.
func (l *Library) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// tellEvery bounds how often it is told that workflows were read.
const tellEvery = 200 * time.Millisecond

// Run reads what is pending and holds it against the workers' ComfyUIs, one workflow after the other, until ctx ends.
func (l *Library) Run(ctx context.Context) {
	for l.wakeUp(); ; {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		told, changed := time.Now(), false
		for _, e := range l.all() {
			l.mu.Lock()
			pending := e.pending && !e.removed
			l.mu.Unlock()
			if !pending || ctx.Err() != nil {
				continue
			}
			l.read(e)
			l.readImport(ctx, e)
			changed = l.settle(e) || changed
			if changed && time.Since(told) > tellEvery {
				l.tell()
				told, changed = time.Now(), false
			}
		}
		if changed {
			l.mu.Lock()
			l.sort()
			l.mu.Unlock()
			l.tell()
		}
	}
}

// tell passes on that something has changed.
func (l *Library) tell() {
	l.telling.Lock()
	defer l.telling.Unlock()
	l.OnChange(l.Workflows())
}
