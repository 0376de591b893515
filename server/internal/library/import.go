package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Import brings a workflow.
type Import struct {
	File      io.Reader
	Filename  string // may be empty
	Title     string // empty: by the file's name
	ID        string // of an imported workflow of which the file is a new version; empty: it is a new workflow
	CheckOnly bool   // only tell what would come of it
}

// maxImports bounds the workflows that can be imported.
const maxImports = 5000

// Import takes a workflow in. known says that it was there before with the same content, and that nothing was changed. What is missing
// on the workers is no error: the detail tells it. fault.NotAdministrator, fault.NotOwner; fault.NotFound for an id that nothing has;
// fault.WorkflowRefused, with each problem of the file, when it cannot be taken.
func (l *Library) Import(ctx context.Context, by account.Actor, i Import) (d Detail, known bool, err error) {
	if !l.Policy.MayImport(by.User) {
		return d, false, fault.New(fault.NotAdministrator, "only administrators may import workflows here")
	}
	file, err := graphfile.Read(i.File)
	if problems, is := errors.AsType[graph.Problems](err); is {
		return d, false, refused(problems)
	}
	if err != nil {
		return d, false, err
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	kept, err := l.imported(ctx, by, i, file)
	if err != nil {
		return d, false, err
	}
	if same := l.sameAs(kept); same != "" {
		d, err = l.Detail(same)
		return d, true, err
	}
	e, err := l.entryOf(kept)
	if err != nil {
		return d, false, err
	}
	l.settle(e)
	if problems, is := errors.AsType[graph.Problems](e.waits); is && !l.onlyMissing(e) {
		return d, false, refused(problems)
	} else if e.waits != nil && !is && !errors.Is(e.waits, errNotKnown) {
		return d, false, e.waits
	}
	if i.CheckOnly {
		return l.detail(e), false, nil
	}
	_, err = l.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		now := l.Now().UnixMilli()
		kept.CreatedAt, kept.UpdatedAt = now, now
		return errors.Join(tx.PutImport(ctx, kept), tx.InsertEvent(ctx, audit.Event{
			At:      now,
			UserID:  by.ID,
			Address: by.Address,
			Action:  audit.ImportWorkflow,
			Detail:  kept.ID,
		}))
	})
	if err != nil {
		return d, false, err
	}
	if err := l.reload(ctx, kept.ID); err != nil {
		return d, false, err
	}
	d, err = l.Detail(kept.ID)
	return d, false, err
}

// refused explains why a file is not taken, problem by problem.
func refused(problems graph.Problems) error {
	err := fault.New(fault.WorkflowRefused, "the file cannot be taken: "+problems.Error())
	for _, p := range problems {
		name := p.Node
		if name == "" {
			name = "file"
		}
		err.Fields = append(err.Fields, fault.Field{Name: name, Message: p.Error()})
	}
	return err
}

// onlyMissing reports whether a workflow has no version for nothing but classes that no ComfyUI has which was asked.
func (l *Library) onlyMissing(e *entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.stocks {
		f, asked := e.fits[s.worker]
		if !asked {
			continue
		}
		for _, p := range f.problems {
			if p.Class == "" || f.info.Class(p.Class) != nil {
				return false
			}
		}
	}
	return len(e.fits) > 0
}

// imported returns what is to be kept of an import.
func (l *Library) imported(ctx context.Context, by account.Actor, i Import, file *graphfile.File) (kept store.Import, err error) {
	content := write(file)
	sum := sha256.Sum256(content)
	kept = store.Import{
		ID:       i.ID,
		Filename: path.Base(strings.ReplaceAll(i.Filename, `\`, "/")),
		Hash:     hex.EncodeToString(sum[:]),
		File:     content,
		Edits:    edits.Edits{Title: i.Title}.Encode(),
		Importer: by.ID,
	}
	if i.Filename == "" {
		kept.Filename = ""
	}
	if i.ID != "" {
		before, err := l.changeable(by, i.ID)
		if err != nil {
			return kept, err
		}
		if before.source.From != workflow.FromImport {
			return kept, fault.Invalid("workflow_id", "only a workflow that was imported gets a new version by an import: put a new file in "+
				"the place of the other one")
		}
		stored, err := l.Store.Import(ctx, i.ID)
		if err != nil {
			return kept, err
		}
		kept.Edits = stored.Edits
		if i.Title != "" {
			e, err := edits.Parse(stored.Edits)
			if err != nil {
				return kept, err
			}
			e.Title = i.Title
			kept.Edits = e.Encode()
		}
		if kept.Filename == "" {
			kept.Filename = stored.Filename
		}
		return kept, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= maxImports {
		return kept, fault.Invalid("content", fmt.Sprintf("there are %d workflows already, the most that is taken: delete some", len(l.entries)))
	}
	name := i.Title
	if name == "" {
		name = strings.TrimSuffix(stemOf(kept.Filename), "_api")
	}
	kept.ID = l.freeID(slug(name))
	return kept, nil
}

func stemOf(filename string) string { return strings.TrimSuffix(filename, path.Ext(filename)) }

// sameAs finds the imported workflow that has this content already, or the one that it is to be a new version of; empty: none has.
func (l *Library) sameAs(kept store.Import) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.source.From == workflow.FromImport && e.source.hash == kept.Hash && (e.source.ID == kept.ID || l.entry(kept.ID) == nil) {
			return e.source.ID
		}
	}
	return ""
}

// write writes down the graphs of a file, for graphfile.Read.
func write(file *graphfile.File) []byte {
	envelope := &jsontree.Object{}
	if file.Editor != nil {
		envelope.Members = append(envelope.Members, jsontree.Member{Key: "workflow", Value: file.Editor})
	}
	if file.API != nil {
		text, err := file.API.MarshalJSON()
		if err != nil {
			panic(err) // it was read from JSON
		}
		value, err := jsontree.Parse(text)
		if err != nil {
			panic(err)
		}
		envelope.Members = append(envelope.Members, jsontree.Member{Key: "prompt", Value: value})
	}
	return jsontree.Append(nil, envelope)
}

// entryOf makes an entry of an import, which is on no menu.
func (l *Library) entryOf(i store.Import) (*entry, error) {
	e := &entry{source: importSource(i)}
	e.fits = map[string]fit{}
	return e, e.takeIn(i)
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
	l.tell()
	return nil
}
