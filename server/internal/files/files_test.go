package files_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// gallery is an output directory with a secret beside it.
func gallery(t *testing.T) (folder string, handler http.Handler) {
	t.Helper()
	parent := t.TempDir()
	folder = filepath.Join(parent, "output")
	picture := image.NewRGBA(image.Rect(0, 0, 800, 400))
	for i := range picture.Pix {
		picture.Pix[i] = byte(i)
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"secret.txt":              []byte("nobody may read this"),
		"output/a.png":            encoded.Bytes(),
		"output/sub/ünï #1?%.png": encoded.Bytes(),
		"output/page.html":        []byte("<script>alert(1)</script>"),
		"output/broken.png":       []byte("no picture"),
	} {
		path := filepath.Join(parent, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(parent, "secret.txt"), filepath.Join(folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	source := files.NewDirectory(outputs.New(folder), poster.Maker{})
	mux.Handle("GET /images/{name...}", files.Images(source))
	mux.Handle("GET /thumbnails/{name...}", files.Thumbnails(source, filepath.Join(parent, "kept"), 1<<20))
	return folder, mux
}

func get(handler http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	return ask(httptest.NewRequest(http.MethodGet, path, nil), handler, header...)
}

// getContext is get by somebody who leaves when ctx ends.
func getContext(ctx context.Context, handler http.Handler, path string) *httptest.ResponseRecorder {
	return ask(httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil), handler)
}

func method(handler http.Handler, method, path string) *httptest.ResponseRecorder {
	return ask(httptest.NewRequest(method, path, nil), handler)
}

func ask(request *http.Request, handler http.Handler, header ...string) *httptest.ResponseRecorder {
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func TestNothingOutsideIsServed(t *testing.T) {
	_, handler := gallery(t)
	for _, path := range []string{
		"/images/", "/images/sub", "/images/sub/", "/images/none.png", "/images/link.txt", "/images/%2e%2e/secret.txt", "/images/..%2fsecret.txt",
		"/images/..%5csecret.txt",
		"/images/%2fetc%2fpasswd", "/images/sub/..%2f..%2fsecret.txt", "/images/a.png%00.txt", "/images/C:%5csecret.txt",
		"/thumbnails/..%2fsecret.txt", "/thumbnails/link.txt",
	} {
		if answer := get(handler, path); answer.Code != http.StatusNotFound || strings.Contains(answer.Body.String(), "nobody may read this") {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
}

func TestImages(t *testing.T) {
	folder, handler := gallery(t)
	first := get(handler, "/images/a.png")
	if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "image/png" {
		t.Fatalf("%d %v", first.Code, first.Header())
	}
	if part := get(handler, "/images/a.png", "Range", "bytes=1-3"); part.Code != http.StatusPartialContent || part.Body.String() != "PNG" {
		t.Errorf("range: %d %q", part.Code, part.Body)
	}
	tag := first.Header().Get("ETag")
	if again := get(handler, "/images/a.png", "If-None-Match", tag); again.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", again.Code)
	}
	// ComfyUI reuses the names of deleted files.
	if err := os.WriteFile(filepath.Join(folder, "a.png"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if again := get(handler, "/images/a.png", "If-None-Match", tag); again.Code != http.StatusOK || again.Body.String() != "another" {
		t.Errorf("changed: %d", again.Code)
	}
	if odd := get(handler, "/images/sub/%C3%BCn%C3%AF%20%231%3F%25.png"); odd.Code != http.StatusOK {
		t.Errorf("odd name: %d", odd.Code)
	}
	for name, tc := range map[string]struct{ content, kind, disposition string }{
		"page.png":    {"<!DOCTYPE html><script>alert(1)</script>", "text/plain; charset=utf-8", ""},
		"picture.txt": {"\x89PNG\x0D\x0A\x1A\x0A", "image/png", ""},
		"drawing.svg": {"<?xml version=\"1.0\"?><svg/>", "image/svg+xml", ""},
		"data.json":   {"{}", "application/json", ""},
		"sound.flac":  {"fLaC\x00\x00\x00\x22\x00", "audio/flac", ""},
		"sound.wav":   {"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wave", ""},
		"film.mov":    {"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime", ""},
		"paper.pdf":   {"%PDF-1.7", "application/pdf", "attachment"},
		"model.bin":   {"\x00\x01\x02", "application/octet-stream", "attachment"},
		"empty":       {"", "text/plain; charset=utf-8", ""},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(tc.content), 0o644); err != nil {
			t.Fatal(err)
		}
		answer := get(handler, "/images/"+name)
		if got := answer.Header(); got.Get("Content-Type") != tc.kind || got.Get("Content-Disposition") != tc.disposition ||
			answer.Body.String() != tc.content {
			t.Errorf("%s: %d %q %q", name, answer.Code, got.Get("Content-Type"), got.Get("Content-Disposition"))
		}
	}
	if page := get(handler, "/images/page.html"); !strings.HasPrefix(page.Header().Get("Content-Type"), "text/plain") ||
		!strings.HasPrefix(page.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page would run: %v", page.Header())
	}
}

func FuzzImagesStayInside(f *testing.F) {
	folder := f.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "secret.txt"), []byte("the secret"), 0o644); err != nil {
		f.Fatal(err)
	}
	inside := filepath.Join(folder, "output")
	if err := os.Mkdir(inside, 0o755); err != nil {
		f.Fatal(err)
	}
	handler := files.Images(files.NewDirectory(outputs.New(inside), poster.Maker{}))
	for _, seed := range []string{"a.png", "../secret.txt", "/etc/passwd", `..\secret.txt`, "a/../../secret.txt", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		request := httptest.NewRequest(http.MethodGet, "/images/x", nil)
		request.SetPathValue("name", name)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code == http.StatusOK {
			t.Errorf("%q was served: %s", name, recorder.Body)
		}
	})
}
