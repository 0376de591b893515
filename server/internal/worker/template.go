package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// offer is what can be booked: a template, and what ComfyUI makes of it. It is immutable.
type offer struct {
	template    *workflow.Template
	description workflow.Description
}

func (w *Worker) offered() offer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.offer
}

// setOffer makes it what is booked from now on.
func (w *Worker) setOffer(o offer) {
	w.mu.Lock()
	w.offer = o
	w.mu.Unlock()
	w.OnWorkflow(workflow.Workflow{ID: o.template.ID, Title: o.template.Title, TemplateHash: o.template.Hash, Description: o.description})
}

// unfitError says that ComfyUI cannot run a template.
type unfitError struct {
	workflow string
	problems []workflow.Problem
}

func (e *unfitError) Error() string {
	texts := []string{"this ComfyUI cannot run the workflow " + e.workflow + ":"}
	for _, p := range e.problems {
		texts = append(texts, "  "+p.Text)
	}
	return strings.Join(texts, "\n")
}

// describe asks ComfyUI what the template's nodes accept; *unfitError when it cannot run the template.
func (w *Worker) describe(ctx context.Context, t *workflow.Template) (workflow.Description, error) {
	classes := map[string]workflow.Class{}
	for _, name := range t.Classes() {
		class, known, err := w.client.ObjectInfo(ctx, name)
		if err != nil {
			return workflow.Description{}, fmt.Errorf("ask ComfyUI about the class %s: %w", name, err)
		}
		if known {
			classes[name] = classOf(class)
		}
	}
	d := t.Describe(classes)
	if len(d.Problems) > 0 {
		return d, &unfitError{t.ID, d.Problems}
	}
	return d, nil
}

// keep puts the template into the store, so that jobs booked with it can run after it was edited.
func (w *Worker) keep(ctx context.Context, t *workflow.Template) error {
	bindings, err := json.Marshal(t.Bindings())
	if err != nil {
		return err
	}
	kept := store.Template{Hash: t.Hash, Workflow: t.ID, Title: t.Title, Graph: t.Source(), Bindings: bindings}
	_, err = w.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.PutTemplate(ctx, kept) })
	return err
}

// template is the one that a job was booked with.
func (w *Worker) template(ctx context.Context, hash string) (*workflow.Template, error) {
	if current := w.offered().template; hash == current.Hash {
		return current, nil
	}
	stored, err := w.Store.Template(ctx, hash)
	if err != nil {
		return nil, err
	}
	var bindings map[string]workflow.Binding
	if err := json.Unmarshal(stored.Bindings, &bindings); err != nil {
		return nil, err
	}
	return workflow.Parse(stored.Workflow, stored.Title, stored.Graph, bindings)
}

// takeStock holds the offered template against the ComfyUI that has just come up. If that cannot run it any more, an
// edited template that it can run takes its place.
func (w *Worker) takeStock(ctx context.Context) error {
	template := w.offered().template
	description, err := w.describe(ctx, template)
	if unfit := new(*unfitError); errors.As(err, unfit) {
		if w.refresh(ctx) == nil && w.offered().template != template {
			return nil
		}
	} else if err != nil {
		return err
	}
	w.setOffer(offer{template, description})
	return err
}

// refresh reads the template file again. What is wrong with it goes to the operator, and the template before stays.
// The error is that of a ComfyUI that could not be asked.
func (w *Worker) refresh(ctx context.Context) error {
	edited, err := w.Workflow.Load()
	if err == nil && edited.Hash == w.offered().template.Hash {
		w.setNotice("")
		return nil
	}
	var description workflow.Description
	if err == nil {
		unfit := new(*unfitError)
		if description, err = w.describe(ctx, edited); err != nil && !errors.As(err, unfit) {
			return err
		}
	}
	if err == nil {
		err = w.keep(ctx, edited)
	}
	if err != nil {
		w.Log.Error("the edited workflow is not used, the version before is", "worker", w.ID, "file", w.Workflow.TemplateFile, "err", err)
		w.setNotice(fmt.Sprintf("the edited workflow %s is not used, the version before is: %s", w.Workflow.ID, inOneLine(err)))
		return nil
	}
	w.Log.Info("the workflow was edited", "worker", w.ID, "file", w.Workflow.TemplateFile)
	w.setOffer(offer{edited, description})
	w.setNotice("")
	w.doubt()
	return nil
}

func inOneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
