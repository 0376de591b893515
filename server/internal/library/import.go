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
