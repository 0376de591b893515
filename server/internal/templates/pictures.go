package templates

import (
	"container/list"
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

const (
	pictureLimit  = 4 << 20  // bytes of one
	picturesLimit = 32 << 20 // bytes that are kept
	fetchesAtOnce = 4
)

// pictures keeps those that were asked for last, and bounds how many are fetched at once.
type pictures struct {
	fetching chan struct{}

	mu     sync.Mutex
	byPath map[string]*list.Element
	recent list.List // of kept; the newest first
	size   int
}

type kept struct {
	key  string
	data []byte
}

func newPictures() *pictures {
	return &pictures{fetching: make(chan struct{}, fetchesAtOnce), byPath: map[string]*list.Element{}}
}

func (p *pictures) get(key string) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	element, there := p.byPath[key]
	if !there {
		return nil, false
	}
	p.recent.MoveToFront(element)
	return element.Value.(kept).data, true
}

func (p *pictures) keep(key string, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.byPath[key]; there {
		return
	}
	p.byPath[key] = p.recent.PushFront(kept{key, data})
	for p.size += len(data); p.size > picturesLimit; {
		oldest := p.recent.Remove(p.recent.Back()).(kept)
		delete(p.byPath, oldest.key)
		p.size -= len(oldest.data)
	}
}

// Picture reads the picture of a template. Faults: those of File, NotFound when it has none.
func (t *Templates) Picture(ctx context.Context, worker, name string) ([]byte, error) {
	found, s, err := t.find(ctx, worker, name)
	if err != nil {
		return nil, err
	}
	if found.picture == "" {
		return nil, noPicture(name)
	}
	key := s.Worker + found.picture
	if data, there := t.pictures.get(key); there {
		return data, nil
	}
	select {
	case t.pictures.fetching <- struct{}{}:
		defer func() { <-t.pictures.fetching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	data, err := s.ComfyUI.PageFile(ctx, found.picture, pictureLimit)
	if err != nil || !isPicture(data) {
		return nil, errors.Join(noPicture(name), err)
	}
	t.pictures.keep(key, data)
	return data, nil
}

func noPicture(name string) error {
	return fault.Newf(fault.NotFound, "the template %q has no picture", name).With("what", "path").With("name", name)
}

// isPicture goes by the content, whatever the ComfyUI calls it.
func isPicture(data []byte) bool {
	switch http.DetectContentType(data) {
	case "image/png", "image/jpeg", "image/webp", "image/gif":
		return true
	}
	return false
}

// Pictures serves the pictures of templates: GET <prefix>{worker}/{name...}.
func (t *Templates) Pictures() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := t.Picture(r.Context(), r.PathValue("worker"), r.PathValue("name"))
		if _, refused := fault.Of(err); refused {
			apierror.Write(w, r, err)
			return
		}
		if err != nil {
			apierror.WriteStatus(w, r, http.StatusBadGateway, fault.New(fault.NotReady, "the picture cannot be had now"))
			return
		}
		w.Header().Set("Content-Type", http.DetectContentType(data))
		w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
		w.Header().Set("Cache-Control", "private, max-age=3600")
		_, _ = w.Write(data) // whoever asked has hung up
	})
}
