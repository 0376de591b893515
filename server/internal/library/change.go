package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Change changes how a workflow is offered.
type Change struct {
	edits.Change
	Version string  // that was looked at; empty: any
	Picture *[]byte // of the workflow; empty: none any more
}

// Change changes how a workflow is offered: what the folder has in its side file, the others in the store. A change of the form makes a
// new version. fault.NotFound, fault.NotOwner; fault.StaleWorkflow when another version is current than the one that was looked at;
// fault.InvalidFields for what does not fit the workflow, and for one that stands in the configuration.
func (l *Library) Change(ctx context.Context, by account.Actor, id string, c Change) error {
	e, err := l.changeable(by, id)
	if err != nil {
		return err
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	if c.Version != "" {
		if _, err := l.Offer(ctx, id, c.Version); err != nil {
			return err
		}
	}
	l.mu.Lock()
	source, content, version, info := e.source, e.content, e.version, l.reference(e.fits)
	l.mu.Unlock()
	changed, err := source.changed(content, version, info, c.Change)
	if err != nil {
		return err
	}
	if err := l.keepChange(ctx, by, source, changed, c.Picture); err != nil {
		return err
	}
	if c.Picture != nil {
		if err := l.readPictures(ctx); err != nil {
			return err
		}
	}
	if source.From == workflow.FromImport {
		return l.reload(ctx, id)
	}
	if err := replace(source.sideFile(), changed.Encode()); err != nil {
		return err
	}
	l.read(e)
	l.settle(e)
	l.mu.Lock()
	l.sort()
	l.mu.Unlock()
	l.notify()
	return nil
}

// keepChange writes down what was changed of a workflow, and that it was; not the edits of a file, which go beside it.
func (l *Library) keepChange(ctx context.Context, by account.Actor, source Source, changed edits.Edits, picture *[]byte) error {
	now := l.Now().UnixMilli()
	_, err := l.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if source.From == workflow.FromImport {
			kept, err := tx.Import(ctx, source.ID)
			if err != nil {
				return err
			}
			kept.Edits, kept.UpdatedAt = changed.Encode(), now
			if err := tx.PutImport(ctx, kept); err != nil {
				return err
			}
		}
		if picture != nil {
			if err := tx.PutWorkflowPicture(ctx, source.ID, *picture); err != nil {
				return err
			}
		}
		return tx.InsertEvent(ctx, audit.Event{
			At:      now,
			UserID:  by.ID,
			Address: by.Address,
			Action:  audit.UpdateWorkflow,
			Detail:  source.ID,
		})
	})
	return err
}

// changeable finds a workflow that somebody may change; fault.NotFound, fault.NotOwner, fault.InvalidFields.
func (l *Library) changeable(by account.Actor, id string) (*entry, error) {
	e, err := l.ready(id)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	source := e.source
	l.mu.Unlock()
	switch {
	case id == "":
		return nil, fault.NoSuch("workflow", id)
	case !l.Policy.MayChangeWorkflow(by.User, source.Importer):
		return nil, fault.New(fault.NotOwner, "only administrators and whoever imported it may change the workflow "+id)
	case source.From == workflow.FromConfiguration:
		return nil, fault.Invalid("workflow_id", "the workflow "+id+" stands in the configuration: change it there")
	}
	return e, nil
}

// changed returns the edits of a workflow with a change more.
func (s Source) changed(c content, version *workflow.Version, info *objectinfo.Info, change edits.Change) (edits.Edits, error) {
	if !change.IsOfForm() {
		return c.edits.With(change, nil, nil)
	}
	if version == nil {
		return c.edits, fault.New(fault.NotBookable, "the form of the workflow "+s.ID+" is not known yet").With("workflow_id", s.ID)
	}
	opened, found, err := s.found(c.file, info)
	if err != nil {
		return c.edits, err
	}
	if main := change.MainOutput; main != nil && *main != "" && opened.Graph.Node(*main) == nil {
		return c.edits, fault.Invalid("main_output_node_id", "there is no node "+*main+" in the graph")
	}
	changed, err := c.edits.With(change, found, version.Form)
	if err != nil {
		return changed, err
	}
	c.edits = changed
	made, _, err := s.build(c, info)
	if err != nil {
		return changed, err
	}
	return changed, takes(made.On(info), change)
}

// takes holds the defaults that a change sets against the form that comes of it.
func takes(o workflow.Offer, change edits.Change) error {
	var wrong fault.Fields
	for _, in := range change.Inputs {
		if in.Default == nil {
			continue
		}
		value, known := o.Initial(in.Name)
		switch {
		case !known: // it is hidden, or has another name now
		case value == nil:
			wrong.Add("inputs", in.Name, "the default is of another kind than the input")
		default:
			if refused, is := fault.Of(o.Check(workflow.Values{in.Name: value})); is {
				wrong.Add("inputs", in.Name, "the default "+refused.Fields[0].Message)
			}
		}
	}
	return wrong.Err()
}

// Delete deletes a workflow that was imported; jobs that were booked with it run. fault.NotFound, fault.NotOwner, fault.InvalidFields for
// one that was not imported.
func (l *Library) Delete(ctx context.Context, by account.Actor, id string) error {
	e, err := l.changeable(by, id)
	if err != nil {
		return err
	}
	if e.source.From != workflow.FromImport {
		return fault.Invalid("workflow_id", "the workflow "+id+" is a file in the folder of workflows: delete it there, or switch it off")
	}
	_, err = l.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		err := tx.DeleteImport(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return fault.NoSuch("workflow", id)
		}
		return errors.Join(err, tx.InsertEvent(ctx, audit.Event{
			At:      l.Now().UnixMilli(),
			UserID:  by.ID,
			Address: by.Address,
			Action:  audit.DeleteWorkflow,
			Detail:  id,
		}))
	})
	if err != nil {
		return err
	}
	return l.reload(ctx, id)
}

// remove takes a workflow off the menu.
func (l *Library) remove(gone *entry) {
	l.entries = slices.DeleteFunc(l.entries, func(e *entry) bool { return e == gone })
}

// readPictures takes in which workflows have a picture in the store.
func (l *Library) readPictures(ctx context.Context) error {
	pictures, err := l.Store.WorkflowPictures(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pictures = pictures
	return nil
}

// replace puts data into a file, or leaves it as it was.
func replace(name string, data []byte) error {
	fresh, err := os.CreateTemp(filepath.Dir(name), ".writing-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(fresh.Name()) }() // where it was not renamed
	_, err = fresh.Write(data)
	if err = errors.Join(err, fresh.Chmod(0o644), fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), name)
}
