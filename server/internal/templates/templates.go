// Package templates tells which workflows a ComfyUI offers on its own page: its own collection and the examples of node packs. It
// asks nobody but the ComfyUIs of the workers, and keeps what they answered for a moment.
package templates

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// ComfyUI serves files of its page; see [comfy.Client.PageFile].
type ComfyUI interface {
	PageFile(ctx context.Context, path string, limit int64) ([]byte, error)
}

// Source is a worker whose ComfyUI is asked.
type Source struct {
	Worker  string
	ComfyUI ComfyUI
}

// Template is a workflow that a ComfyUI offers. Its texts are the ComfyUI's, cut to what a list can show.
type Template struct {
	Name        string // "PACK/NAME" for one of a node pack
	Title       string
	Description string
	Category    string
	Tags        []string
	Pack        string // empty: ComfyUI's own
	Paid        bool   // it calls a service that costs money for each run

	file    string // path on the ComfyUI
	picture string // empty: it has none
}

// HasPicture reports whether a picture of the template can be asked for.
func (t Template) HasPicture() bool { return t.picture != "" }

// Matches reports whether all words of a query stand somewhere in the template's texts, whatever their case.
func (t Template) Matches(query string) bool {
	texts := append([]string{t.Name, t.Title, t.Description, t.Category, t.Pack}, t.Tags...)
	all := strings.ToLower(strings.Join(texts, "\n"))
	for _, word := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

const (
	keepList  = time.Minute
	fileLimit = 16 << 20 // bytes of a template
)

// Templates asks the ComfyUIs. It is safe for concurrent use.
type Templates struct {
	sources  []Source
	pictures *pictures

	mu    sync.Mutex
	lists map[string]answer // by worker
}

// answer holds what a ComfyUI told, and when.
type answer struct {
	templates []Template
	at        time.Time
}

// New makes one for the workers, in the order in which they are asked.
func New(sources []Source) *Templates {
	return &Templates{sources: sources, pictures: newPictures(), lists: map[string]answer{}}
}

// List gives the templates of a worker's ComfyUI in the order of its page, and the worker: the first that answers when none is
// named. Faults: NotFound for a worker that is not there, NotReady when none answers.
func (t *Templates) List(ctx context.Context, worker string) ([]Template, string, error) {
	var last error
	for _, s := range t.sources {
		if worker != "" && s.Worker != worker {
			continue
		}
		found, err := t.of(ctx, s)
		if err == nil {
			return found, s.Worker, nil
		}
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		last = err
	}
	if last == nil {
		return nil, "", fault.NoSuch("worker", worker)
	}
	return nil, "", silent(last)
}

// silent is a ComfyUI that does not answer.
func silent(err error) error {
	return fmt.Errorf("%w (%w)", fault.New(fault.NotReady, "no ComfyUI can be asked for its templates now: try again when one runs"), err)
}

// of lists the templates of one ComfyUI. One that has no such list has no templates.
func (t *Templates) of(ctx context.Context, s Source) ([]Template, error) {
	t.mu.Lock()
	known, there := t.lists[s.Worker]
	t.mu.Unlock()
	if there && time.Since(known.at) < keepList {
		return known.templates, nil
	}
	own, err := optional(s.ComfyUI.PageFile(ctx, indexPath, indexLimit))
	if err != nil {
		return nil, err
	}
	packs, err := optional(s.ComfyUI.PageFile(ctx, packsPath, indexLimit))
	if err != nil {
		return nil, err
	}
	found := append(parseIndex(own), parsePacks(packs)...)
	found = found[:min(len(found), maxTemplates)]
	t.mu.Lock()
	t.lists[s.Worker] = answer{found, time.Now()}
	t.mu.Unlock()
	return found, nil
}

// optional takes a path that a ComfyUI does not have, or does not want to show, for an empty one.
func optional(data []byte, err error) ([]byte, error) {
	if status := new(comfy.StatusError); errors.As(err, &status) && status.Status < http.StatusInternalServerError {
		return nil, nil
	}
	return data, err
}

// File reads a template by its name, and gives the worker whose ComfyUI has it: the first that answers when none is named. Faults:
// those of List, and NotFound.
func (t *Templates) File(ctx context.Context, worker, name string) (data []byte, from string, err error) {
	found, s, err := t.find(ctx, worker, name)
	if err != nil {
		return nil, "", err
	}
	data, err = s.ComfyUI.PageFile(ctx, found.file, fileLimit)
	if status := new(comfy.StatusError); errors.As(err, &status) {
		return nil, "", noSuch(name)
	}
	if err != nil && ctx.Err() == nil {
		err = silent(err)
	}
	return data, s.Worker, err
}

// find looks a template up; only what a ComfyUI lists is ever asked of it.
func (t *Templates) find(ctx context.Context, worker, name string) (Template, Source, error) {
	all, from, err := t.List(ctx, worker)
	if err != nil {
		return Template{}, Source{}, err
	}
	at := slices.IndexFunc(all, func(c Template) bool { return c.Name == name })
	if at < 0 {
		return Template{}, Source{}, noSuch(name)
	}
	return all[at], t.sources[slices.IndexFunc(t.sources, func(s Source) bool { return s.Worker == from })], nil
}

func noSuch(name string) error {
	return fault.Newf(fault.NotFound, "no ComfyUI here offers a template %q: see the list of templates", name).
		With("what", "template").With("name", name)
}
