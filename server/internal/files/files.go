// Package files serves what ComfyUI wrote: the results themselves, thumbnails of them, and previews of running jobs.
package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxRemote is the largest file that is fetched from a remote ComfyUI, in bytes.
const maxRemote = 512 << 20

// Source opens results by name: relative to the output directory, with forward slashes. fs.ErrNotExist.
type Source interface {
	Open(ctx context.Context, name string) (*File, error)
}

// File is an opened result.
type File struct {
	io.ReadSeekCloser
	Tag      string    // changes with the content
	Modified time.Time // zero: not known
}

// Directory is an output directory on disk. Nothing outside it can be opened, through links neither.
type Directory struct{ path string }

// NewDirectory makes a source of the folder, which may be made later.
func NewDirectory(path string) Directory { return Directory{path} }

// Open implements Source.
func (d Directory) Open(_ context.Context, name string) (*File, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	// Looked at first: opening a pipe would wait for a writer.
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err) // whatever the reason, there is nothing to be had
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	// ComfyUI gives a name again when its file was deleted, so name and size do not tell.
	tag := fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
	return &File{file, tag, info.ModTime()}, nil
}

// Fetch asks a remote ComfyUI for a file; fs.ErrNotExist.
type Fetch func(ctx context.Context, name string) (io.ReadCloser, error)

// Open implements Source.
func (f Fetch) Open(ctx context.Context, name string) (*File, error) {
	body, err := f(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	data, err := io.ReadAll(io.LimitReader(body, maxRemote+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxRemote {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxRemote>>20)
	}
	sum := sha256.Sum256(data)
	return &File{nopCloser{bytes.NewReader(data)}, hex.EncodeToString(sum[:16]), time.Time{}}, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// Images serves results: GET <prefix><name>.
func Images(source Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := resultName(r.PathValue("name"))
		if !ok {
			http.Error(w, "there is no such file", http.StatusNotFound)
			return
		}
		file, err := source.Open(r.Context(), name)
		if err != nil {
			notFound(w, err)
			return
		}
		defer func() { _ = file.Close() }()
		header := w.Header()
		header.Set("Cache-Control", "private, no-cache") // to be asked again each time: ETag answers
		header.Set("ETag", `"`+file.Tag+`"`)
		kind, err := contentType(name, file)
		if err != nil {
			notFound(w, err)
			return
		}
		header.Set("Content-Type", kind)
		if !shown(kind) {
			header.Set("Content-Disposition", "attachment")
		}
		// What a generation wrote is data, whatever it says it is.
		header.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'")
		http.ServeContent(w, r, name, file.Modified, file)
	})
}

// resultName checks a name as it came in a URL, decoded once.
func resultName(name string) (string, bool) {
	if name == "" || strings.HasSuffix(name, "/") || strings.ContainsAny(name, "\x00\\") || !fs.ValidPath(name) || !filepath.IsLocal(name) {
		return "", false
	}
	return name, true
}

func notFound(w http.ResponseWriter, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		http.Error(w, "there is no such file: it may have been deleted from the output directory", http.StatusNotFound)
		return
	}
	http.Error(w, "the file cannot be had now", http.StatusBadGateway)
}

// Previews serves the latest preview of a running job: GET <prefix><job id>.
func Previews(latest func(jobID string) (n int, contentType string, data []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, kind, data := latest(strings.ToLower(r.PathValue("job")))
		if n == 0 {
			http.Error(w, "the job has no preview: it is not running, or its workflow makes none", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "private, no-store")
		_, _ = w.Write(data) // whoever asked may have gone
	})
}
