//go:build unix

package fleet_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
)

// A worker without a Python of its own has posters of its videos from one that has, if there is one.
func TestPostersOfWorkersWithoutPython(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader([]byte("a video")))
	}))
	defer elsewhere.Close()
	at, err := url.Parse(elsewhere.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(python, []byte("#!/bin/sh\nprintf 'still of '; cat\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, _ := twoLanes(t)
	for _, first := range []config.ComfyUI{{Installation: config.Local, Python: python}, {Installation: config.Simulated}} {
		c := f.Config
		c.Workers = slices.Clone(c.Workers)
		c.Workers[0].ComfyUI = first
		c.Workers[1].ComfyUI = config.ComfyUI{Installation: config.Remote, Host: at.Hostname(), Port: port}
		file, err := fleet.New(c).Open(t.Context(), "two/film.mp4")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		if (file.Poster != nil) != (first.Python != "") {
			t.Errorf("beside a worker of the kind %s: poster %v", first.Installation, file.Poster != nil)
		}
		if file.Poster == nil {
			continue
		}
		if still, err := file.Poster(t.Context()); err != nil || string(still) != "still of a video" {
			t.Errorf("%q, %v", still, err)
		}
	}
}
