package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Detail holds everything that is known of a workflow.
type Detail struct {
	workflow.Workflow
	Offer    workflow.Offer // without a version: its form is not known yet
	Outputs  []workflow.Output
	Fitness  []fitness.Report // in the order of the configuration
	Notes    []string         // what should be known of it, for people
	Filename string           // without folders; may be empty
	Importer string           // id of the user who brought it; empty: nobody did
}

// Detail returns everything that is known of a workflow, of the first for an empty id; fault.NotFound.
func (l *Library) Detail(id string) (Detail, error) {
	e, err := l.ready(id)
	if err != nil {
		return Detail{}, err
	}
	return l.detail(e), nil
}

func (l *Library) detail(e *entry) Detail {
	d, from := l.everything(e)
	if from != nil {
		d.Offer = from.withInputFiles(d.Offer)
	}
	return d
}

// everything returns what is known of a workflow, and the first worker that can run it; nil: none.
func (l *Library) everything(e *entry) (d Detail, from *Stock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d = Detail{Workflow: l.shown(e), Importer: e.source.Importer, Filename: e.source.Filename}
	if e.source.File != "" {
		d.Filename = filepath.Base(e.source.File)
	}
	d.Notes = append(d.Notes, e.notes...)
	if e.rejected != nil {
		d.Notes = append(d.Notes, "what its file holds now is not used, the version before is: "+inOneLine(e.rejected))
	}
	if e.broken != nil && e.version != nil {
		d.Notes = append(d.Notes, "its file cannot be read now, the version before is used: "+inOneLine(e.broken))
	}
	if e.ignored != nil {
		d.Notes = append(d.Notes, "its side file is not used: "+inOneLine(e.ignored))
	}
	var known bool
	if d.Offer, known = l.offer(e); known {
		d.Outputs = d.Offer.Outputs()
		d.Notes = append(d.Notes, fitness.Notes(d.Offer.Graph, d.Offer.Info())...)
	}
	d.Fitness = l.reports(e)
	for _, s := range l.stocks {
		if f, asked := e.fits[s.worker]; asked && f.runs() {
			return d, s
		}
	}
	return d, nil
}

// Kept returns what a version of a workflow was, whether it is still offered or not, as far as it is kept; fault.NotFound.
func (l *Library) Kept(ctx context.Context, id, version string) (Detail, error) {
	v, err := l.Version(ctx, version)
	if errors.Is(err, store.ErrNotFound) || err == nil && v.ID != id && id != "" {
		return Detail{}, fault.New(fault.NotFound, "nothing was booked with that version of the workflow "+id).
			With("what", "workflow").With("name", id)
	}
	if err != nil {
		return Detail{}, err
	}
	offer := v.On(nil)
	return Detail{
		Workflow: workflow.Workflow{ID: v.ID, Title: v.Title, Version: v.Hash},
		Offer:    offer,
		Outputs:  offer.Outputs(),
	}, nil
}

// ready finds a workflow, the first for an empty id, of which nothing is out of date; fault.NotFound.
func (l *Library) ready(id string) (*entry, error) {
	l.mu.Lock()
	e := l.entry(id)
	pending := e != nil && e.pending
	l.mu.Unlock()
	if e == nil {
		return nil, fault.NoSuch("workflow", id)
	}
	if pending {
		l.read(e)
		l.readImport(context.Background(), e)
		if l.settle(e) {
			l.notify()
		}
	}
	return e, nil
}

// Recheck asks the ComfyUIs of all workers again what they have, and holds a workflow against that, all of them for an empty id;
// fault.NotFound. A ComfyUI that cannot be asked keeps what is known of it.
func (l *Library) Recheck(ctx context.Context, id string) error {
	l.mu.Lock()
	stocks, e := l.stocks, l.entry(id)
	l.mu.Unlock()
	if id != "" && e == nil {
		return fault.NoSuch("workflow", id)
	}
	for _, s := range stocks {
		if err := s.ask(ctx); err != nil && ctx.Err() == nil {
			l.Log.Warn("a ComfyUI cannot be asked what it has", "worker", s.worker, "err", err)
		}
	}
	if id != "" {
		_, err := l.ready(id)
		return err
	}
	return ctx.Err()
}

// maxPicture bounds the picture of a workflow in the folder, in bytes.
const maxPicture = 4 << 20

// Picture returns the picture of a workflow; fault.NotFound.
func (l *Library) Picture(ctx context.Context, id string) ([]byte, error) {
	l.mu.Lock()
	e := l.entry(id)
	var source Source
	if e != nil {
		source = e.source
	}
	l.mu.Unlock()
	if e == nil || id == "" {
		return nil, fault.NoSuch("workflow", id)
	}
	picture, err := l.Store.WorkflowPicture(ctx, id)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return picture, err
	}
	if source.File != "" {
		if name := source.pictureFile(); name != "" {
			return os.ReadFile(name)
		}
	}
	return nil, fault.New(fault.NotFound, "the workflow "+id+" has no picture")
}
