// Package gate is what every request passes before anything of the service sees it: it refuses requests for other names
// than the service's own (DNS rebinding) and those that pages of other origins have made a browser send, sets the headers
// that keep a browser from doing more than it should, and cuts off whoever does not read what was asked for.
package gate

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	connectcors "connectrpc.com/cors"
	"github.com/rs/cors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
)

// Config names the hosts, origins and proxies whose requests pass.
type Config struct {
	Hosts     []string       // names under which the service is reached, beside addresses, localhost and the machine's own name
	Origins   []string       // of pages elsewhere that may call it, such as "https://tools.example.org"
	PublicURL *url.URL       // address that people use, such as "https://gpu.example.org"; nil: that of the port
	Proxies   []netip.Prefix // whose X-Forwarded-For, -Proto and -Host are believed
	Refusals  *refusal.Log   // where refusals are written down; nil: nowhere
}

// preflightAge is the time for which a browser may remember the answer to a preflight request, in seconds.
const preflightAge = 2 * 60 * 60

// New puts the gate in front of a handler.
func New(c Config, next http.Handler) (http.Handler, error) {
	g := &gate{
		origins:  http.NewCrossOriginProtection(),
		own:      map[string]bool{"localhost": true},
		proxies:  c.Proxies,
		refusals: c.Refusals,
		next:     next,
	}
	if c.PublicURL != nil {
		g.secure = c.PublicURL.Scheme == "https"
		g.own[canonicalHost(c.PublicURL.Hostname())] = true
		if err := g.origins.AddTrustedOrigin(c.PublicURL.Scheme + "://" + c.PublicURL.Host); err != nil {
			return nil, fmt.Errorf("server.public_url: %w", err)
		}
	}
	for _, trusted := range c.Origins {
		if err := g.origins.AddTrustedOrigin(trusted); err != nil {
			return nil, fmt.Errorf("server.allowed_origins: %w", err)
		}
	}
	if len(c.Origins) > 0 { // without any the library lets all in
		g.next = cors.New(cors.Options{
			AllowedOrigins: c.Origins,
			AllowedMethods: connectcors.AllowedMethods(),
			AllowedHeaders: append(connectcors.AllowedHeaders(), "Authorization"),
			ExposedHeaders: connectcors.ExposedHeaders(),
			MaxAge:         preflightAge,
		}).Handler(next)
	}
	for _, name := range c.Hosts {
		g.own[canonicalHost(name)] = true
	}
	if name, err := os.Hostname(); err == nil {
		name = canonicalHost(name)
		g.own[name], g.own[name+".local"] = true, true
	}
	return g, nil
}

// gate is one handler instead of one for each of its tasks: each would be on the stack of every open stream.
type gate struct {
	origins  *http.CrossOriginProtection
	own      map[string]bool // names of the service
	proxies  []netip.Prefix
	secure   bool // people reach it encrypted, whatever is between
	refusals *refusal.Log
	next     http.Handler
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = g.forwarded(r)
	setHeaders(w.Header(), r)
	if g.allows(w, r) {
		g.next.ServeHTTP(newRollingWriter(w, r), r)
	}
}

// allows refuses foreign hosts and pages. It is apart so that what it needs does not stay on the stack for as long as a stream
// is open.
func (g *gate) allows(w http.ResponseWriter, r *http.Request) bool {
	if !g.isOwn(r.Host) {
		g.refusals.Note(refusal.ForeignHost, PeerOf(r.Context()).Address, r.Host)
		apierror.WriteStatus(w, r, http.StatusMisdirectedRequest,
			fault.Newf(fault.WrongOrigin, foreignHost, canonicalHost(hostname(r.Host))))
		return false
	}
	if g.origins.Check(r) != nil {
		g.refusals.Note(refusal.ForeignOrigin, PeerOf(r.Context()).Address, r.Header.Get("Origin"))
		apierror.Write(w, r, fault.Newf(fault.WrongOrigin, foreignOrigin, r.Header.Get("Origin"), r.Host))
		return false
	}
	return true
}

// What those read who are refused.
const (
	foreignHost = "this service is not called %q, which is what the request's Host header says: " +
		"set server.public_url to the address that people use, or add the name to server.allowed_hosts"
	foreignOrigin = "a page of %q may not call this service, which is called %q by the request's Host header. " +
		"If it is this service's own page, a proxy has changed that header: " +
		"let it pass the header on, or set server.public_url to the page's address. " +
		"If not, server.allowed_origins would let it"
)

// transportAge is the time for which a browser is to ask for this host encrypted only, in seconds: half a year.
const transportAge = "15768000"

// Headers of every answer, and those that matter only where a browser shows the answer to somebody. Nobody may change the values: all
// answers share them.
var (
	ofAll = http.Header{
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	ofShown = http.Header{
		"Permissions-Policy":         {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
		"Referrer-Policy":            {"same-origin"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
	}
)

// setHeaders sets those of an answer. Handlers may replace them.
func setHeaders(header http.Header, r *http.Request) {
	maps.Copy(header, ofAll)
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		maps.Copy(header, ofShown)
	}
	// On loopback it would bind what else is developed there.
	if r.TLS != nil && !isLoopback(canonicalHost(hostname(r.Host))) {
		header.Set("Strict-Transport-Security", "max-age="+transportAge)
	}
}

// isOwn reports whether a host is the service. An address cannot be rebound, so all are taken.
func (g *gate) isOwn(host string) bool {
	name := canonicalHost(hostname(host))
	return isAddress(name) || g.own[name] || strings.HasSuffix(name, ".localhost")
}

// isAddress takes no zones: they can hold a name.
func isAddress(name string) bool {
	address, err := netip.ParseAddr(name)
	return err == nil && address.Zone() == ""
}

func isLoopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && address.IsLoopback()
}

// hostname is the name or address of a host that may have a port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func canonicalHost(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }
