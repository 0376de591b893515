package comfy_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// Whatever stands in front of ComfyUI and wants a login is told apart from a ComfyUI that does not answer.
func TestSomethingInFrontOfComfyUI(t *testing.T) {
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("\n<!DOCTYPE html><title>Please</title>"))
		}
	}
	for name, tc := range map[string]struct {
		serve http.HandlerFunc
		seen  string // "": it is not that
	}{
		"no token":  {page(http.StatusUnauthorized), "(401 Unauthorized)"},
		"forbidden": {page(http.StatusForbidden), "(403 Forbidden)"},
		"redirect":  {http.RedirectHandler("/login", http.StatusFound).ServeHTTP, "(302 Found, to /login)"},
		"page":      {page(http.StatusOK), "(a page of HTML)"},
		"no page":   {http.NotFound, ""},
		"down":      {page(http.StatusBadGateway), ""},
	} {
		server := httptest.NewServer(tc.serve)
		_, err := comfy.New(comfy.Options{BaseURL: server.URL}).SystemStats(t.Context())
		var locked *comfy.LockedOutError
		if err == nil || errors.As(err, &locked) != (tc.seen != "") || !strings.Contains(err.Error(), tc.seen) {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
}

// A websocket that is not let through is told at once, not after the wait for it.
func TestWebsocketThatIsNotLetThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refusals atomic.Int32
		g := newGreeter(absent(t, promptID))
		gate := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer secret" {
				refusals.Add(1)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			g.ServeHTTP(w, r)
		})
		for token, want := range map[string]bool{"": false, "secret": true} {
			_, client := serve(t, gate)
			c := comfy.New(comfy.Options{BaseURL: "http://comfy.test", HTTPClient: client, Token: token})
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			done := make(chan struct{})
			go func() { defer close(done); _ = c.Run(ctx) }()
			began := time.Now()
			err := c.WaitConnected(ctx)
			var locked *comfy.LockedOutError
			if want != (err == nil) || !want && !errors.As(err, &locked) || time.Since(began) > time.Second {
				t.Errorf("token %q: %v after %v", token, err, time.Since(began))
			}
			cancel()
			<-done
		}
		if refusals.Load() == 0 {
			t.Error("nobody was refused")
		}
	})
}

// Only whoever is told to goes through a proxy.
func TestProxyIsAskedOnlyWhereWanted(t *testing.T) {
	asked := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = w.Write([]byte(`{"system": {"comfyui_version": "by proxy"}}`))
	}))
	defer proxy.Close()
	through := func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	stats, err := comfy.New(comfy.Options{BaseURL: "http://comfy.invalid", Proxy: through}).SystemStats(t.Context())
	if err != nil || stats.Version != "by proxy" {
		t.Errorf("%+v, %v", stats, err)
	}
	t.Setenv("HTTP_PROXY", proxy.URL)
	if _, err := comfy.New(comfy.Options{BaseURL: "http://comfy.invalid"}).SystemStats(t.Context()); err == nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}
