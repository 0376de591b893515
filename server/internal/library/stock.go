package library

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// ComfyUI tells what a node class accepts; known is false for one that it has not.
type ComfyUI interface {
	ObjectInfo(ctx context.Context, class string) (c comfy.NodeClass, known bool, err error)
}

// StockConfig holds a worker's ComfyUI and those who are told of workflows there.
type StockConfig struct {
	ComfyUI ComfyUI
	// Notice tells the operator what is wrong with a workflow; empty: nothing any more.
	Notice func(workflow, text string)
	// Edited is told of a workflow of which the worker runs an edited version from now on.
	Edited func(workflow string)
	// Again is the time after which a ComfyUI is asked once more that could not be asked.
	Again time.Duration
}

// Stock knows what one worker's ComfyUI can run of the library. It is safe for concurrent use.
type Stock struct {
	StockConfig
	library *Library
	worker  string
	edited  chan struct{} // one token: the files are to be read again

	asking sync.Mutex // one look at the library at a time
	mu     sync.Mutex
	held   map[string]Offer // by workflow
}

// Stock adds a worker, in the order of the configuration. It holds what the library offers until its ComfyUI is asked.
func (l *Library) Stock(worker string, c StockConfig) *Stock {
	s := &Stock{StockConfig: c, library: l, worker: worker, edited: make(chan struct{}, 1), held: map[string]Offer{}}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		s.held[e.source.ID] = e.offered
	}
	l.stocks = append(l.stocks, s)
	return s
}

// First returns the version of the first workflow that the worker runs.
func (s *Stock) First() Offer { return s.holds(s.library.entries[0]) }

func (s *Stock) holds(e *entry) Offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held[e.source.ID]
}

// take makes a version the one that the worker runs.
func (s *Stock) take(e *entry, o Offer, fits bool) {
	s.mu.Lock()
	s.held[e.source.ID] = o
	s.mu.Unlock()
	s.library.settle(e, s.worker, o, fits)
}

// Keep puts what the worker runs into the store, before anything is booked with it. It says of the first workflow what it is.
func (s *Stock) Keep(ctx context.Context) (detail string, err error) {
	for _, e := range s.library.entries {
		if err := s.library.keep(ctx, s.holds(e).Template); err != nil {
			return "", err
		}
	}
	t := s.First().Template
	return fmt.Sprintf("workflow %s, %d nodes", t.ID, t.NodeCount()), nil
}

// unfitError says that ComfyUI cannot run a version.
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

// describe asks ComfyUI what the nodes of a version accept; *unfitError when it cannot run it.
func (s *Stock) describe(ctx context.Context, t *workflow.Template) (workflow.Description, error) {
	classes := map[string]workflow.Class{}
	for _, name := range t.Classes() {
		class, known, err := s.ComfyUI.ObjectInfo(ctx, name)
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

// Take holds the library against a ComfyUI that has just come up. Of a workflow that it cannot run any more, an edited version
// that it can run takes the place. The error says of all workflows why none of them runs, or that ComfyUI could not be asked.
func (s *Stock) Take(ctx context.Context) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	var unfit []error
	for _, e := range s.library.entries {
		err := s.takeOne(ctx, e)
		if wrong := new(*unfitError); errors.As(err, wrong) {
			unfit = append(unfit, err)
		} else if err != nil {
			return err
		}
	}
	if len(unfit) < len(s.library.entries) {
		return nil
	}
	return errors.Join(unfit...)
}

func (s *Stock) takeOne(ctx context.Context, e *entry) error {
	held := s.holds(e)
	offer := s.library.newer(e, held)
	description, err := s.describe(ctx, offer.Template)
	if unfit := new(*unfitError); errors.As(err, unfit) {
		if s.refreshOne(ctx, e) == nil && s.holds(e).Template != held.Template {
			return nil
		}
		if offer.Template != held.Template { // the version that it ran before it went may still do
			if before, err := s.describe(ctx, held.Template); err == nil {
				held.Description = before
				s.take(e, held, true)
				return nil
			}
		}
	} else if err != nil {
		return err
	}
	offer.Description = description
	s.take(e, offer, err == nil)
	return err
}

// newer returns the version that is offered, if that is newer than the one that a worker holds, and else the latter.
func (l *Library) newer(e *entry, held Offer) Offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.offered.age > held.age {
		return e.offered
	}
	return held
}

// Return is Take for a ComfyUI that answers again: it may have been started anew, with other models. What it cannot run any
// more goes to the operator.
func (s *Stock) Return(ctx context.Context) error {
	err := s.Take(ctx)
	if unfit := new(*unfitError); errors.As(err, unfit) {
		s.Notice((*unfit).workflow, inOneLine(err))
		return err
	}
	if err != nil {
		return err
	}
	return s.refresh(ctx)
}

// Run takes in edits of the library's files while ready says that ComfyUI can be asked, until ctx ends.
func (s *Stock) Run(ctx context.Context, ready func() bool) {
	ticker := time.NewTicker(s.Again)
	defer ticker.Stop()
	for edited := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-s.edited:
			edited = true
		case <-ticker.C:
		}
		if edited && ready() {
			edited = s.refresh(ctx) != nil
		}
	}
}

// refresh reads the files again. The error is that of a ComfyUI that could not be asked.
func (s *Stock) refresh(ctx context.Context) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	for _, e := range s.library.entries {
		if err := s.refreshOne(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// refreshOne reads one file again. What is wrong with it goes to the operator, and the version before stays.
func (s *Stock) refreshOne(ctx context.Context, e *entry) error {
	id, log := e.source.ID, s.library.Log.With("worker", s.worker, "file", e.source.File)
	edited, err := s.library.reread(e)
	if err == nil && edited.Template.Hash == s.holds(e).Template.Hash {
		s.Notice(id, "")
		return nil
	}
	if err == nil {
		unfit := new(*unfitError)
		if edited.Description, err = s.describe(ctx, edited.Template); err != nil && !errors.As(err, unfit) {
			return err
		}
	}
	if err == nil {
		err = s.library.keep(ctx, edited.Template)
	}
	if err != nil {
		log.Error("the edited workflow is not used, the version before is", "err", err)
		s.Notice(id, fmt.Sprintf("the edited workflow %s is not used, the version before is: %s", id, inOneLine(err)))
		return nil
	}
	log.Info("the workflow was edited")
	s.take(e, edited, true)
	s.Notice(id, "")
	s.Edited(id)
	return nil
}

func inOneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
