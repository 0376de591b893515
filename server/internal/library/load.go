package library

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Load takes in which workflows the store and the folder have. Their files are read by Run, or when somebody asks.
func (l *Library) Load(ctx context.Context) error {
	if err := l.loadImports(ctx); err != nil {
		return err
	}
	l.scan()
	return nil
}

func (l *Library) loadImports(ctx context.Context) error {
	all, err := l.Store.Imports(ctx)
	if err != nil {
		return err
	}
	pictures, err := l.Store.WorkflowPictures(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pictures = pictures
	for _, i := range all {
		if l.entry(i.ID) != nil {
			l.Log.Error("an imported workflow has the id of another one, and is not offered", "workflow", i.ID)
			continue
		}
		e := l.add(importSource(i))
		if err := e.takeIn(i); err != nil {
			e.broken = err
		}
	}
	return nil
}

func importSource(i store.Import) Source {
	title := titleOf(strings.TrimSuffix(stemOf(i.Filename), "_api"))
	if i.Filename == "" {
		title = titleOf(i.ID)
	}
	return Source{
		ID:       i.ID,
		Title:    title,
		From:     workflow.FromImport,
		Filename: i.Filename,
		Importer: i.Importer,
		hash:     i.Hash,
	}
}

func stemOf(filename string) string { return strings.TrimSuffix(filename, path.Ext(filename)) }

// takeIn makes an import the content of its entry.
func (e *entry) takeIn(i store.Import) error {
	changed, err := edits.Parse(i.Edits)
	if err != nil {
		return fmt.Errorf("read what was changed of the workflow %s: %w", i.ID, err)
	}
	e.content.edits, e.content.at = changed, i.UpdatedAt
	if i.File == nil {
		return nil // it is read when somebody asks
	}
	e.content.file, err = graphfile.Read(strings.NewReader(string(i.File)))
	return err
}

// readImport reads the file of an import, unless it was read.
func (l *Library) readImport(ctx context.Context, e *entry) {
	l.mu.Lock()
	read := e.content.file != nil || e.broken != nil
	l.mu.Unlock()
	if read {
		return
	}
	kept, err := l.Store.Import(ctx, e.source.ID)
	var file *graphfile.File
	if err == nil {
		file, err = graphfile.Read(strings.NewReader(string(kept.File)))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.content.file == nil {
		e.content.file, e.broken = file, err
	}
}

// reload takes in what the store has of one imported workflow now.
func (l *Library) reload(ctx context.Context, id string) error {
	kept, err := l.Store.Import(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	gone := err != nil
	l.mu.Lock()
	e := l.entry(id)
	switch {
	case gone && e != nil && e.source.From == workflow.FromImport:
		e.removed = true
		l.remove(e)
		e = nil
	case gone:
		e = nil
	default:
		if e == nil {
			e = l.add(importSource(kept))
		}
		e.source.hash, e.source.Filename, e.source.Title = kept.Hash, kept.Filename, importSource(kept).Title
		if err := e.takeIn(kept); err != nil {
			e.broken = err
		}
		e.pending = true
	}
	l.mu.Unlock()
	if e != nil {
		l.settle(e)
		l.mu.Lock()
		l.sort()
		l.mu.Unlock()
	}
	l.notify()
	return nil
}
