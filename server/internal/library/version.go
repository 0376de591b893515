package library

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

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
