package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// upstream is a remote ComfyUI's /view, and what was asked of it.
type upstream struct {
	serve http.HandlerFunc

	mu     sync.Mutex
	ranges []string
	sent   int // bytes
}

func (u *upstream) fetch(ctx context.Context, name, byteRange string) (*http.Response, error) {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/"+name, nil)
	request.Header.Set("Range", byteRange)
	recorder := httptest.NewRecorder()
	u.serve(recorder, request)
	response := recorder.Result()
	if response.StatusCode == http.StatusNotFound {
		return nil, fs.ErrNotExist
	}
	response.Body = &counted{response.Body, u}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ranges = append(u.ranges, byteRange)
	return response, nil
}

type counted struct {
	io.ReadCloser
	of *upstream
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.sent += n
	return n, err
}

// asked gives what was asked since the last time, and how many bytes were read of it.
func (u *upstream) asked() (ranges string, sent int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	ranges, sent = strings.Join(u.ranges, " "), u.sent
	u.ranges, u.sent = nil, 0
	return ranges, sent
}

func imagesOf(fetch files.Fetch) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/images/{name...}", files.Images(files.NewRemote(fetch, poster.Maker{})))
	return mux
}

var film = append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), bytes.Repeat([]byte("0123456789"), 1<<20)...)

var filmed = time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)

// Of a remote result no more is asked for than somebody wants to have.
func TestRemoteResultsAreStreamed(t *testing.T) {
	up := &upstream{
		serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html") // whatever it says
			http.ServeContent(w, r, "", filmed, bytes.NewReader(film))
		},
	}
	handler := imagesOf(up.fetch)

	first := get(handler, "/images/film.mp4", "Range", "bytes=0-1")
	if first.Code != http.StatusPartialContent || first.Body.Len() != 2 ||
		first.Header().Get("Content-Range") != fmt.Sprintf("bytes 0-1/%d", len(film)) {
		t.Errorf("first bytes: %d %v", first.Code, first.Header())
	}
	if ranges, sent := up.asked(); ranges != "bytes=0-511" || sent != 512 {
		t.Errorf("for two bytes %q was asked and %d were read", ranges, sent)
	}
	if kind, policy := first.Header().Get("Content-Type"), first.Header().Get("Content-Security-Policy"); kind != "video/mp4" ||
		!strings.HasPrefix(policy, "sandbox") {
		t.Errorf("type %q, policy %q", kind, policy)
	}

	tag := first.Header().Get("ETag")
	same := get(handler, "/images/film.mp4", "If-None-Match", tag)
	since := get(handler, "/images/film.mp4", "If-Modified-Since", filmed.Format(http.TimeFormat))
	head := method(handler, http.MethodHead, "/images/film.mp4")
	if same.Code != http.StatusNotModified || since.Code != http.StatusNotModified ||
		head.Header().Get("Content-Length") != fmt.Sprint(len(film)) || head.Body.Len() != 0 {
		t.Errorf("unchanged: %d, %d; HEAD: %v", same.Code, since.Code, head.Header())
	}
	if _, sent := up.asked(); sent != 3*512 {
		t.Errorf("three questions read %d bytes", sent)
	}

	middle := get(handler, "/images/film.mp4", "Range", "bytes=5000000-5000009", "If-Range", tag)
	if middle.Code != http.StatusPartialContent || middle.Body.String() != string(film[5_000_000:5_000_010]) {
		t.Errorf("middle: %d %q", middle.Code, middle.Body)
	}
	if ranges, sent := up.asked(); ranges != "bytes=0-511 bytes=5000000-" || sent > 64<<10 {
		t.Errorf("for ten bytes in the middle %q was asked and %d were read", ranges, sent)
	}
	if whole := get(handler, "/images/film.mp4"); whole.Code != http.StatusOK || !bytes.Equal(whole.Body.Bytes(), film) {
		t.Errorf("whole: %d, %d bytes", whole.Code, whole.Body.Len())
	}
}

// Whatever stands in between may know no ranges, no sizes, no times. What is served is right all the same.
func TestRemoteThatKnowsNoRanges(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"size": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(film)))
			_, _ = w.Write(film)
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(film)
			w.(http.Flusher).Flush()
		},
		"range without a size": func(w http.ResponseWriter, r *http.Request) {
			var first, last int
			if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); n < 2 {
				last = len(film) - 1
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/*", first, last))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(film[first : last+1])
		},
	} {
		handler := imagesOf((&upstream{serve: serve}).fetch)
		whole := get(handler, "/images/film.mp4")
		if whole.Code != http.StatusOK || !bytes.Equal(whole.Body.Bytes(), film) || whole.Header().Get("ETag") != "" ||
			whole.Header().Get("Content-Type") != "video/mp4" {
			t.Errorf("%s: %d, %d bytes, %v", name, whole.Code, whole.Body.Len(), whole.Header())
		}
		part := get(handler, "/images/film.mp4", "Range", "bytes=5000000-5000009")
		switch part.Code {
		case http.StatusOK: // allowed to those who know no ranges
		case http.StatusPartialContent:
			if part.Body.String() != string(film[5_000_000:5_000_010]) {
				t.Errorf("%s: part %q", name, part.Body)
			}
		default:
			t.Errorf("%s: part %d", name, part.Code)
		}
	}
}

func TestEmptyAndSmallRemoteFiles(t *testing.T) {
	for _, content := range []string{"", "x", strings.Repeat("x", 511), strings.Repeat("x", 512), strings.Repeat("x", 513)} {
		up := &upstream{
			serve: func(w http.ResponseWriter, r *http.Request) {
				if content == "" && r.Header.Get("Range") != "" { // as aiohttp does
					w.Header().Set("Content-Range", "bytes */0")
					w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
					return
				}
				http.ServeContent(w, r, "", filmed, strings.NewReader(content))
			},
		}
		if answer := get(imagesOf(up.fetch), "/images/a.txt"); answer.Code != http.StatusOK || answer.Body.String() != content {
			t.Errorf("%d bytes: %d, %d bytes", len(content), answer.Code, answer.Body.Len())
		}
	}
}

// A file that becomes another while it is read is not served as a mixture of both.
func TestRemoteFileThatChangesMeanwhile(t *testing.T) {
	asked := 0
	up := &upstream{
		serve: func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.ServeContent(w, r, "", filmed.Add(time.Duration(asked)*time.Hour), bytes.NewReader(film))
		},
	}
	if answer := get(imagesOf(up.fetch), "/images/film.mp4"); answer.Body.Len() > 512 {
		t.Errorf("%d bytes were served", answer.Body.Len())
	}
}

func TestRemoteFilesThatCannotBeHad(t *testing.T) {
	handler := imagesOf(func(_ context.Context, name, _ string) (*http.Response, error) {
		if name == "down.txt" {
			return nil, errors.New("connection refused")
		}
		return nil, fs.ErrNotExist
	})
	for path, want := range map[string]int{"/images/none.txt": http.StatusNotFound, "/images/down.txt": http.StatusBadGateway} {
		if answer := get(handler, path); answer.Code != want {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
}

// Only so many files are fetched at once. Others wait, not for ever, and no longer than whoever asks.
func TestFetchesAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Int64
		release := make(chan struct{})
		handler := imagesOf(func(ctx context.Context, _, _ string) (*http.Response, error) {
			held.Add(1)
			<-release
			return nil, fs.ErrNotExist
		})
		var requests sync.WaitGroup
		for range 32 {
			requests.Go(func() { get(handler, "/images/a.png") })
		}
		synctest.Wait()
		began := time.Now()
		if answer := get(handler, "/images/a.png"); answer.Code != http.StatusServiceUnavailable ||
			answer.Header().Get("Retry-After") == "" || time.Since(began) != 30*time.Second {
			t.Errorf("one too many: %d after %v", answer.Code, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if getContext(ctx, handler, "/images/a.png"); time.Since(began) != time.Second || held.Load() != 32 {
			t.Errorf("one who left: after %v, %d fetches", time.Since(began), held.Load())
		}
		close(release)
		requests.Wait()
		if answer := get(handler, "/images/a.png"); answer.Code != http.StatusNotFound {
			t.Errorf("afterwards: %d", answer.Code)
		}
	})
}
