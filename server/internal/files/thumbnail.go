package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

const (
	defaultWidth  = 320
	maxRemembered = 4096 // files that no thumbnail can be made of
)

// widths are those that thumbnails come in: few, so that few are kept.
var widths = []int{160, 320, 640}

// thumbnails makes small pictures of results, one at a time: each takes a processor and, while it lasts, memory.
type thumbnails struct {
	source Source
	cache  *cache
	making chan struct{} // one token: who holds it decodes

	mu     sync.Mutex
	failed map[string]error // why none can be made, by file and tag: one that is still being written gets another tag
}

// Thumbnails serves small JPEGs of results: GET <prefix><name>?w=<width>. They are kept in a folder, under names that
// change with the result, up to limit bytes.
func Thumbnails(source Source, folder string, limit int64) http.Handler {
	return &thumbnails{source: source, cache: newCache(folder, limit), making: make(chan struct{}, 1), failed: map[string]error{}}
}

// ServeHTTP implements http.Handler.
func (t *thumbnails) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := resultName(r.PathValue("name"))
	if !ok {
		apierror.Write(w, r, noFile(r, ""))
		return
	}
	made, err := t.of(r.Context(), name, chooseWidth(r.FormValue("w")))
	switch tooLarge := new(tooLargeError); {
	case (errors.Is(err, errNoPicture) || errors.Is(err, fs.ErrNotExist)) && r.FormValue("else") == "nothing":
		w.WriteHeader(http.StatusNoContent) // to a page that would have the browser complain of an error
	case errors.Is(err, errNoPicture):
		apierror.Write(w, r, fault.New(fault.UnsupportedFile, errNoPicture.Error()))
	case errors.As(err, &tooLarge):
		apierror.WriteStatus(w, r, http.StatusUnprocessableEntity, fault.New(fault.TooLarge, tooLarge.Error()))
	case err != nil:
		refuse(w, r, err)
	default:
		header := w.Header()
		header.Set("Cache-Control", "private, no-cache")
		header.Set("Content-Type", "image/jpeg")
		if made.key != "" {
			header.Set("ETag", `"`+made.key+`"`)
		}
		http.ServeContent(w, r, "", made.modified, bytes.NewReader(made.data))
	}
}

// thumbnail is one that is made.
type thumbnail struct {
	key      string // empty: of a file that cannot be told from another of its name
	data     []byte
	modified time.Time
}

// errNotMade says that a thumbnail has to be made first.
var errNotMade = errors.New("not made")

// of finds the thumbnail of a result, or makes it. Who waits for others holds no file open.
func (t *thumbnails) of(ctx context.Context, name string, width int) (thumbnail, error) {
	found, err := t.lookup(ctx, name, width, false)
	if !errors.Is(err, errNotMade) {
		return found, err
	}
	select {
	case t.making <- struct{}{}:
		defer func() { <-t.making }()
		return t.lookup(ctx, name, width, true)
	case <-ctx.Done():
		return thumbnail{}, ctx.Err()
	}
}

// lookup gives the thumbnail that is kept. Where there is none it is made, if it may be.
func (t *thumbnails) lookup(ctx context.Context, name string, width int, mayMake bool) (thumbnail, error) {
	file, err := t.source.Open(ctx, name)
	if err != nil {
		return thumbnail{}, err
	}
	defer func() { _ = file.Close() }()
	found := thumbnail{modified: file.Modified}
	if file.Tag != "" {
		if err := t.failure(name, file.Tag); err != nil {
			return found, err
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", name, file.Tag, width))
		found.key = hex.EncodeToString(sum[:16])
		if found.data, err = t.cache.get(found.key); err == nil {
			return found, nil
		}
	}
	if !mayMake {
		return found, errNotMade
	}
	if found.data, err = shrinkOrPoster(ctx, file, width); err != nil {
		t.remember(name, file.Tag, err)
		return found, err
	}
	if found.key != "" {
		_ = t.cache.keep(found.key, found.data) // else it is made again
	}
	return found, nil
}

// shrinkOrPoster makes a JPEG of a picture, or of a video where a poster can be made of it.
func shrinkOrPoster(ctx context.Context, file *File, width int) ([]byte, error) {
	data, err := shrink(ctx, file, width)
	if !errors.Is(err, errNoPicture) || file.Poster == nil {
		return data, err
	}
	poster, err := file.Poster(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errNotFetched):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNoPicture, err)
	}
	return shrink(ctx, bytes.NewReader(poster), width)
}

func (t *thumbnails) failure(name, tag string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed[name+"\n"+tag]
}

// remember keeps why no thumbnail can be made of a file, unless another try may succeed.
func (t *thumbnails) remember(name, tag string, err error) {
	tooLarge := new(tooLargeError)
	if tag == "" || !errors.Is(err, errNoPicture) && !errors.As(err, &tooLarge) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.failed) >= maxRemembered {
		clear(t.failed)
	}
	t.failed[name+"\n"+tag] = err
}

func chooseWidth(asked string) int {
	n, err := strconv.Atoi(asked)
	if err != nil {
		n = defaultWidth
	}
	for _, width := range widths {
		if n <= width {
			return width
		}
	}
	return widths[len(widths)-1]
}

// Thumbnail makes a small JPEG of one result.
func Thumbnail(ctx context.Context, source Source, name string, width int) ([]byte, error) {
	file, err := source.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return shrink(ctx, file, width)
}
