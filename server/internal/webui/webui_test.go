package webui_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/webui"
)

func TestHandler(t *testing.T) {
	built := webui.Handler(fstest.MapFS{
		"index.html":         {Data: []byte("<html>")},
		"icon.svg":           {Data: []byte("<svg>")},
		"assets/app-1a2b.js": {Data: []byte(strings.Repeat("x", 5000))},
	})
	for _, tc := range []struct {
		path, cache string
		code        int
	}{
		{"/", "no-cache", http.StatusOK},
		{"/index.html", "no-cache", http.StatusOK},
		{"/dashboard", "no-cache", http.StatusOK},
		{"/icon.svg", "no-cache", http.StatusOK},
		{"/assets/app-1a2b.js", "public, max-age=31536000, immutable", http.StatusOK},
		{"/assets/gone.js", "no-store", http.StatusNotFound},
	} {
		request := httptest.NewRequest(http.MethodGet, tc.path, nil)
		request.Header.Set("Accept-Encoding", "gzip")
		answer := httptest.NewRecorder()
		built.ServeHTTP(answer, request)
		if answer.Code != tc.code || answer.Header().Get("Cache-Control") != tc.cache {
			t.Errorf("%s: %d, %q", tc.path, answer.Code, answer.Header().Get("Cache-Control"))
		}
		if strings.HasSuffix(tc.path, "1a2b.js") && answer.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is not compressed", tc.path)
		}
	}
	post := httptest.NewRecorder()
	built.ServeHTTP(post, httptest.NewRequest(http.MethodPost, "/", nil))
	if post.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", post.Code)
	}
	notBuilt := httptest.NewRecorder()
	webui.Handler(fstest.MapFS{}).ServeHTTP(notBuilt, httptest.NewRequest(http.MethodGet, "/", nil))
	if notBuilt.Code != http.StatusServiceUnavailable || !strings.Contains(notBuilt.Body.String(), "make build") {
		t.Errorf("not built: %d %s", notBuilt.Code, notBuilt.Body)
	}
}
