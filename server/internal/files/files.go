// Package files serves what ComfyUI wrote: the results themselves, thumbnails of them, and previews of running jobs.
package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// Source opens results by name: relative to the output directory, with forward slashes. fs.ErrNotExist, errBusy.
type Source interface {
	Open(ctx context.Context, name string) (*File, error)
}

// File is an opened result.
type File struct {
	io.ReadSeekCloser
	Tag      string    // changes with the content; empty: not known
	Own      string    // the tag of the one that keeps the file, ComfyUI or the disk; empty: it has none
	Size     int64     // -1: not known, which only reading to the end tells
	Modified time.Time // zero: not known
	// Poster makes a picture of a video; nil: it cannot be made.
	Poster func(ctx context.Context) ([]byte, error)
}

// errBusy says that too many files are being fetched.
var errBusy = errors.New("too many files are being fetched from ComfyUI: try again in a moment")

// sandbox is the policy of everything that a generation made: it is data, whatever it says it is.
const sandbox = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'"

// Images serves results: GET <prefix><name>.
func Images(source Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := resultName(r.PathValue("name"))
		if !ok {
			apierror.Write(w, r, noFile(r, ""))
			return
		}
		file, err := source.Open(r.Context(), name)
		if err != nil {
			refuse(w, r, err)
			return
		}
		defer func() { _ = file.Close() }()
		show(w, r, name, file)
	})
}

// show answers with a file, whose kind its content tells and, where that does not, its name.
func show(w http.ResponseWriter, r *http.Request, name string, file *File) {
	kind, err := contentType(name, file)
	if err != nil {
		refuse(w, r, err)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache") // to be asked again each time: ETag answers
	header.Set("Content-Type", kind)
	if file.Tag != "" {
		header.Set("ETag", `"`+file.Tag+`"`)
	}
	if !shown(kind) && header.Get("Content-Disposition") == "" {
		header.Set("Content-Disposition", "attachment")
	}
	header.Set("Content-Security-Policy", sandbox)
	serve(w, r, file)
}

// serve answers with a file, or what the request asks for of it. One whose size is not known has no ranges.
func serve(w http.ResponseWriter, r *http.Request, file *File) {
	if file.Size >= 0 {
		http.ServeContent(w, r, "", file.Modified, file)
		return
	}
	if r.Method == http.MethodHead {
		return
	}
	if _, err := io.Copy(w, file); err != nil {
		panic(http.ErrAbortHandler) // so that nobody takes a part for the whole
	}
}

// resultName checks a name as it came in a URL, decoded once.
func resultName(name string) (string, bool) {
	if name == "" || strings.HasSuffix(name, "/") || strings.ContainsAny(name, "\x00\\") || !fs.ValidPath(name) || !filepath.IsLocal(name) {
		return "", false
	}
	return name, true
}

// noFile says that a request names no file, and more about it.
func noFile(r *http.Request, more string) error {
	return fault.New(fault.NotFound, "there is no such file"+more).With("what", "result").With("name", r.PathValue("name"))
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	if _, refused := fault.Of(err); refused {
		apierror.Write(w, r, err)
		return
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		apierror.Write(w, r, noFile(r, ": it may have been deleted from the output directory"))
	case errors.Is(err, errBusy):
		busy := fault.New(fault.NotReady, errBusy.Error())
		busy.RetryAfter = 5 * time.Second
		apierror.Write(w, r, busy)
	default:
		apierror.WriteStatus(w, r, http.StatusBadGateway, fault.New(fault.NotReady, "the file cannot be had now"))
	}
}

// Previews serves the latest preview of a running job: GET <prefix><job id>.
func Previews(latest func(jobID string) (n int, data []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, data := latest(strings.ToLower(r.PathValue("job")))
		kind := http.DetectContentType(data)
		switch kind {
		case "image/jpeg", "image/png", "image/webp":
		default:
			n = 0 // whatever a node sent, it is no picture
		}
		if n == 0 {
			none := fault.New(fault.NotFound, "the job has no preview: it is not running, or its workflow makes none")
			apierror.Write(w, r, none.With("what", "path").With("name", r.URL.Path))
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", sandbox)
		w.Header().Set("Cache-Control", "private, no-store")
		_, _ = w.Write(data) // whoever asked may have gone
	})
}
