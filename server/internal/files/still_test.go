//go:build unix

package files_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// A remote video has a poster where the service has a Python that makes one; a connection that breaks is tried again.
func TestPostersOfRemoteVideos(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	python := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(python, []byte("#!/bin/sh\nexec tail -c +13\n"), 0o700); err != nil { // what stands behind the head
		t.Fatal(err)
	}
	video := bytes.NewBufferString("\x00\x00\x00\x18ftypisom")
	if err := jpeg.Encode(video, image.NewGray(image.Rect(0, 0, 640, 360)), nil); err != nil {
		t.Fatal(err)
	}
	broken := true
	up := &upstream{serve: func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", filmed, bytes.NewReader(video.Bytes()))
	}}
	fetch := func(ctx context.Context, name, byteRange string) (*http.Response, error) {
		if broken && byteRange == "bytes=0-" {
			return nil, http.ErrServerClosed
		}
		return up.fetch(ctx, name, byteRange)
	}
	thumbnails := func(posters poster.Maker) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("GET /thumbnails/{name...}", files.Thumbnails(files.NewRemote(fetch, posters), t.TempDir(), 1<<20))
		return mux
	}
	with := thumbnails(poster.New(python))
	if answer := get(with, "/thumbnails/a.mp4?w=160"); answer.Code != http.StatusBadGateway {
		t.Errorf("while it cannot be fetched: %d %s", answer.Code, answer.Body)
	}
	broken = false
	answer := get(with, "/thumbnails/a.mp4?w=160")
	small, err := jpeg.Decode(answer.Body)
	if answer.Code != http.StatusOK || err != nil || small.Bounds().Dx() != 160 || small.Bounds().Dy() != 90 {
		t.Errorf("%d, %v", answer.Code, err)
	}
	if answer := get(thumbnails(poster.Maker{}), "/thumbnails/a.mp4"); answer.Code != http.StatusUnsupportedMediaType {
		t.Errorf("without a Python: %d", answer.Code)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
