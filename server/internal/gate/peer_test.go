package gate_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
)

// connection is one from an address; nothing else is asked of it.
type connection struct {
	net.Conn
	address net.Addr
}

func (c connection) RemoteAddr() net.Addr { return c.address }

// from is the request as it comes over a connection from an address.
func from(r *http.Request, address string) *http.Request {
	at := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))
	return r.WithContext(gate.WithConnection(r.Context(), connection{address: at}))
}

func TestWhoIsBehindAProxy(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, tc := range map[string]struct {
		from   string
		header http.Header
		host   string // that the service sees
		want   gate.Peer
	}{
		"nobody in between": {"203.0.113.7:99", nil, "localhost", gate.Peer{Address: "203.0.113.7"}},
		"who claims to be another": {"203.0.113.7:99", http.Header{
			"X-Forwarded-For":   {"1.2.3.4"},
			"X-Forwarded-Proto": {"https"},
			"X-Forwarded-Host":  {"evil.example"},
		}, "localhost", gate.Peer{
			Address: "203.0.113.7",
		}},
		"one proxy": {"10.1.1.1:99", http.Header{
			"X-Forwarded-For":   {"203.0.113.7"},
			"X-Forwarded-Proto": {"https"},
		}, "localhost", gate.Peer{
			Address: "203.0.113.7",
			Secure:  true,
		}},
		"two proxies": {"10.1.1.1:99", http.Header{
			"X-Forwarded-For": {"203.0.113.7, 10.2.2.2"},
		}, "localhost", gate.Peer{
			Address: "203.0.113.7",
		}},
		"in two headers": {"[fd00::1]:99", http.Header{
			"X-Forwarded-For": {"1.2.3.4", "203.0.113.7"},
		}, "localhost", gate.Peer{
			Address: "203.0.113.7",
		}},
		"with a port": {"10.1.1.1:99", http.Header{
			"X-Forwarded-For": {"203.0.113.7:1234"},
		}, "localhost", gate.Peer{
			Address: "203.0.113.7",
		}},
		"IPv6": {"10.1.1.1:99", http.Header{
			"X-Forwarded-For": {"[2001:db8::7]"},
		}, "localhost", gate.Peer{
			Address: "2001:db8::7",
		}},
		"mapped": {"[::ffff:10.1.1.1]:99", http.Header{
			"X-Forwarded-For": {"::ffff:203.0.113.7"},
		}, "localhost", gate.Peer{
			Address: "203.0.113.7",
		}},
		"nonsense": {"10.1.1.1:99", http.Header{
			"X-Forwarded-For": {"1.2.3.4, <script>"},
		}, "localhost", gate.Peer{
			Address: "10.1.1.1",
		}},
		"a proxy that says little": {"10.1.1.1:99", nil, "localhost", gate.Peer{Address: "10.1.1.1"}},
		"the host that it was":     {"10.1.1.1:99", http.Header{"X-Forwarded-Host": {"gpu.lan"}}, "gpu.lan", gate.Peer{Address: "10.1.1.1"}},
	} {
		var got gate.Peer
		var host string
		handler, err := gate.New(gate.Config{
			Hosts:   []string{"gpu.lan"},
			Proxies: proxies,
		}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, host = gate.PeerOf(r.Context()), r.Host
		}))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = "localhost"
		for key, values := range tc.header {
			r.Header[key] = values
		}
		handler.ServeHTTP(httptest.NewRecorder(), from(r, tc.from))
		if got != tc.want || host != tc.host {
			t.Errorf("%s: %+v at %q, want %+v at %q", name, got, host, tc.want, tc.host)
		}
	}
}

func TestPublicAddress(t *testing.T) {
	var secure bool
	handler, err := gate.New(gate.Config{
		PublicURL: &url.URL{Scheme: "https", Host: "gpu.example.org"},
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure = gate.PeerOf(r.Context()).Secure
		w.WriteHeader(http.StatusTeapot)
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		host, origin string
		want         int
	}{
		{"gpu.example.org", "https://gpu.example.org", http.StatusTeapot},
		{"127.0.0.1:3000", "https://gpu.example.org", http.StatusTeapot}, // a proxy with its defaults
		{"127.0.0.1:3000", "https://evil.example", http.StatusForbidden},
		{"evil.example", "https://gpu.example.org", http.StatusMisdirectedRequest},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = tc.host
		r.Header.Set("Origin", tc.origin)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, from(r, "127.0.0.1:99"))
		if w.Code != tc.want {
			t.Errorf("page of %s at %s: %d, want %d", tc.origin, tc.host, w.Code, tc.want)
		}
	}
	if !secure {
		t.Error("people reach it encrypted, but it is not said")
	}
}

func TestHeadersOfAnEncryptedPort(t *testing.T) {
	handler, err := gate.New(gate.Config{Hosts: []string{"gpu.lan"}}, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	for host, tells := range map[string]bool{
		"gpu.lan":        true,
		"192.0.2.7":      true,
		"localhost:3000": false,
		"127.0.0.1":      false,
		"[::1]:3000":     false,
	} {
		for _, encrypted := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = host
			if encrypted {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if got := w.Header().Get("Strict-Transport-Security") != ""; got != (tells && encrypted) {
				t.Errorf("%s, encrypted %v: told to stay so %v", host, encrypted, got)
			}
			if w.Header().Get("Permissions-Policy") == "" {
				t.Errorf("%s: no permissions policy", host)
			}
		}
	}
}
