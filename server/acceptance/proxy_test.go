//go:build linux

package acceptance_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// TestStreamsAreNotHeldBackByProxies holds that a stream tells proxies not to buffer it, and nobody to keep it.
func TestStreamsAreNotHeldBackByProxies(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	c := s.signIn()
	for kind, body := range map[string]string{
		"application/connect+json":   "\x00\x00\x00\x00\x02{}",
		"application/connect+proto":  "\x00\x00\x00\x00\x00",
		"application/grpc-web+proto": "\x00\x00\x00\x00\x00",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/comfyscheduler.v1.SchedulerService/WatchState",
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", "Bearer "+c.Token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if response.Header.Get("X-Accel-Buffering") != "no" || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", kind, response.Header)
		}
		cancel()
		_ = response.Body.Close()
	}
}

// proxy is a reverse proxy as it is often set up: it speaks to the service under the address that it knows it by.
func proxy(t *testing.T, target string) string {
	t.Helper()
	at, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(at)
			r.Out.Header["X-Forwarded-For"] = []string{r.In.Header.Get("X-Test-From")}
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		},
	})
	t.Cleanup(front.Close)
	return front.URL
}

// TestBehindATrustedProxy holds that who comes through a proxy is known by their own address and gets an encrypted cookie,
// and that nobody else can say so of themselves.
func TestBehindATrustedProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("server.trusted_proxies", []string{"127.0.0.0/8", "10.1.0.0/16"}).with("server.public_url",
		"https://gpu.example.org").start()
	public, own, _ := strings.Cut(s.url, " and ")
	if public != "https://gpu.example.org" {
		t.Errorf("the address for people is %s", public)
	}
	s.url = own
	front := proxy(t, own)
	page := http.Header{"Origin": {"https://gpu.example.org"}, "X-Test-From": {"203.0.113.7, 198.51.100.9, 10.1.2.3"}}
	response := ask(t, front+"/comfyscheduler.v1.IdentityService/SignIn", page, `{"delivery": "TOKEN_DELIVERY_COOKIE"}`)
	cookie := response.Header.Get("Set-Cookie")
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(cookie, "__Host-comfyscheduler_") || !strings.Contains(cookie, "Secure") {
		t.Fatalf("%d, cookie %q", response.StatusCode, cookie)
	}
	page.Set("Cookie", strings.Split(cookie, ";")[0])
	if me := ask(t, front+"/comfyscheduler.v1.IdentityService/GetMe", page, `{}`); me.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: %d", me.StatusCode)
	}
	events, err := s.administrator().Admin.ListAuditEvents(t.Context(), &pb.ListAuditEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if e := events.Events[0]; e.Action != pb.AuditAction_AUDIT_ACTION_SIGN_IN || e.Ip != "198.51.100.9" {
		t.Errorf("written down: %v", e)
	}
	page.Set("Origin", "https://evil.example")
	if foreign := ask(t, front+"/comfyscheduler.v1.IdentityService/GetMe", page, `{}`); foreign.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page: %d", foreign.StatusCode)
	}
}

func TestUntrustedProxiesAreNotBelieved(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("server.trusted_proxies", []string{"192.0.2.1"}).start()
	front := proxy(t, s.url)
	response := ask(t, front+"/comfyscheduler.v1.IdentityService/SignIn", http.Header{
		"X-Test-From": {"203.0.113.7"},
	}, `{"delivery": "TOKEN_DELIVERY_COOKIE"}`)
	if cookie := response.Header.Get("Set-Cookie"); strings.Contains(cookie, "Secure") {
		t.Errorf("cookie %q", cookie)
	}
	events, err := s.administrator().Admin.ListAuditEvents(t.Context(), &pb.ListAuditEventsRequest{})
	if err != nil || events.Events[0].Ip != "127.0.0.1" {
		t.Errorf("written down: %v (%v)", events, err)
	}
	// A page that reaches the service under another name than the proxy says: who reads why it is refused can mend it.
	response = ask(t, front+"/comfyscheduler.v1.IdentityService/GetMe", http.Header{"Origin": {"http://gpu.example.org"}}, `{}`)
	var said bytes.Buffer
	_, _ = said.ReadFrom(response.Body)
	for _, want := range []string{"http://gpu.example.org", strings.TrimPrefix(s.url, "http://"), "Host header", "server.public_url"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not said: %s", want, said.String())
		}
	}
}

func TestPublicAddressIsChecked(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{
		"https://example.org/gpu":     "has a path",
		"gpu.example.org":             "is no address such as",
		"ftp://gpu.example.org":       "is no address such as",
		"https://gpu.example.org?x=1": "more than a scheme",
	} {
		s := newSite(t).with("server.public_url", public)
		s.writeConfig()
		if said, code := s.run("check-config"); code != 1 || !strings.Contains(said, "server.public_url") || !strings.Contains(said, want) {
			t.Errorf("%s: %d %s", public, code, said)
		}
	}
	s := newSite(t).with("server.trusted_proxies", []string{"the proxy"})
	s.writeConfig()
	if said, code := s.run("check-config"); code != 1 || !strings.Contains(said, "server.trusted_proxies") {
		t.Errorf("%d %s", code, said)
	}
}

func ask(t *testing.T, address string, header http.Header, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}
