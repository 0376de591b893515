package gate_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
)

func TestHosts(t *testing.T) {
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	handler, err := gate.New(gate.Config{Hosts: []string{"GPU.lan"}}, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	for host, taken := range map[string]bool{
		"localhost":                   true,
		"LOCALHOST:3000":              true,
		"127.0.0.1:3000":              true,
		"[::1]":                       true,
		"[::1]:3000":                  true,
		"[fe80::1]:3000":              true,
		"[fe80::1%evil.example]:3000": false,
		"gpu.lan":                     true,
		"gpu.lan.:1":                  true,
		own:                           true,
		own + ".local:3000":           true,
		"":                            false,
		"evil.example":                false,
		"gpu.lan.evil.example":        false,
		"xlocalhost":                  false,
		"127.0.0.1.evil.example:3000": false,
		"[::1].evil":                  false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := w.Code != http.StatusMisdirectedRequest; got != taken {
			t.Errorf("%q: taken %v", host, got)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: headers %v", host, w.Header())
		}
	}
}

func TestHeadersOfAnswers(t *testing.T) {
	handler, err := gate.New(gate.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name := range w.Header() {
			w.Header().Add(name, "more") // of this answer alone
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	ofAll := []string{"Cross-Origin-Resource-Policy", "X-Content-Type-Options", "X-Frame-Options"}
	ofShown := append([]string{"Cross-Origin-Opener-Policy", "Permissions-Policy", "Referrer-Policy"}, ofAll...)
	for range 2 {
		for method, want := range map[string][]string{http.MethodPost: ofAll, http.MethodGet: ofShown, http.MethodHead: ofShown} {
			r := httptest.NewRequest(method, "/", nil)
			r.Host = "localhost"
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if got := w.Header(); len(got) != len(want) {
				t.Errorf("%s: %v", method, got)
			}
			for _, name := range want {
				if values := w.Header()[name]; len(values) != 2 || values[1] != "more" {
					t.Errorf("%s: %s is %q", method, name, values)
				}
			}
		}
	}
}

func TestPreflight(t *testing.T) {
	handler, err := gate.New(gate.Config{Origins: []string{"https://tools.example.org"}}, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]string{"https://tools.example.org": "https://tools.example.org", "https://evil.example": ""} {
		r := httptest.NewRequest(http.MethodOptions, "http://localhost/comfyscheduler.v1.SchedulerService/BookJob", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization,connect-protocol-version,content-type")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", origin, w.Header())
		}
	}
	if _, err := gate.New(gate.Config{Origins: []string{"tools.example.org"}}, nil); err == nil {
		t.Error("an origin without a scheme is taken")
	}
}

// peer is a connection whose other side takes nothing any more after a while.
type peer struct {
	http.ResponseWriter
	deadline time.Time
	set      int
}

func (p *peer) SetWriteDeadline(deadline time.Time) error {
	p.deadline = deadline
	p.set++
	return nil
}

func (p *peer) Write(data []byte) (int, error) {
	if time.Now().After(p.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	return len(data), nil
}

func TestDeadlineRollsWithTheWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last error
		handler, err := gate.New(gate.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 600 { // ten minutes
				if _, err := io.WriteString(w, "x"); err != nil {
					t.Errorf("cut off while reading: %v", err)
				}
				time.Sleep(time.Second)
			}
			if _, isReaderFrom := w.(io.ReaderFrom); isReaderFrom {
				t.Error("a file would be one single write")
			}
			// The network takes the next write only after a minute: the real connection then reports its deadline.
			p := unwrap(w)
			_, _ = io.WriteString(w, "x")
			deadline := p.deadline
			time.Sleep(time.Minute)
			if !deadline.Before(time.Now()) {
				t.Errorf("the deadline of a write that hangs for a minute is %v away", time.Until(deadline))
			}
			_, last = p.Write(nil)
		}))
		if err != nil {
			t.Fatal(err)
		}
		p := &peer{ResponseWriter: httptest.NewRecorder()}
		handler.ServeHTTP(p, httptest.NewRequest(http.MethodGet, "http://localhost/", nil))
		if p.set > 150 {
			t.Errorf("the deadline was set %d times in 600 writes", p.set)
		}
		if !errors.Is(last, os.ErrDeadlineExceeded) {
			t.Errorf("the write that hung: %v", last)
		}
	})
}

func unwrap(w http.ResponseWriter) *peer {
	for {
		if p, ok := w.(*peer); ok {
			return p
		}
		w = w.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
	}
}

func FuzzHostsAreNeverRebound(f *testing.F) {
	handler, err := gate.New(gate.Config{}, http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request,
	) {
		w.WriteHeader(http.StatusTeapot)
	}))
	if err != nil {
		f.Fatal(err)
	}
	for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1].evil.example", "evil.example."} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host + ".evil.example"
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == http.StatusTeapot {
			t.Errorf("%q was let through", strings.ToValidUTF8(r.Host, "?"))
		}
	})
}
