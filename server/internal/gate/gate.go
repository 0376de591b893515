// Package gate is what every request passes before anything of the service sees it: it refuses requests for other names
// than the service's own (DNS rebinding) and those that pages of other origins have made a browser send, sets the headers
// that keep a browser from doing more than it should, and cuts off whoever does not read what was asked for.
package gate

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	connectcors "connectrpc.com/cors"
	"github.com/rs/cors"
)

// Config is what is let through.
type Config struct {
	Hosts   []string // names under which the service is reached, beside addresses, localhost and the machine's own name
	Origins []string // of pages elsewhere that may call it, such as "https://tools.example.org"
}

// preflightAge is how long a browser may remember what an origin is allowed, in seconds.
const preflightAge = 2 * 60 * 60

// New puts the gate in front of a handler.
func New(c Config, next http.Handler) (http.Handler, error) {
	g := &gate{origins: http.NewCrossOriginProtection(), own: map[string]bool{"localhost": true}, next: next}
	for _, trusted := range c.Origins {
		if err := g.origins.AddTrustedOrigin(trusted); err != nil {
			return nil, fmt.Errorf("server.allowed_origins: %w", err)
		}
	}
	if len(c.Origins) > 0 { // without any the library lets all in
		g.next = cors.New(cors.Options{
			AllowedOrigins: c.Origins, AllowedMethods: connectcors.AllowedMethods(),
			AllowedHeaders: append(connectcors.AllowedHeaders(), "Authorization"), ExposedHeaders: connectcors.ExposedHeaders(), MaxAge: preflightAge,
		}).Handler(next)
	}
	for _, name := range c.Hosts {
		g.own[canonical(name)] = true
	}
	if name, err := os.Hostname(); err == nil {
		name = canonical(name)
		g.own[name], g.own[name+".local"] = true, true
	}
	return g, nil
}

// gate is one handler instead of one for each of its tasks: each would be on the stack of every open stream.
type gate struct {
	origins *http.CrossOriginProtection
	own     map[string]bool // names of the service
	next    http.Handler
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	if !g.isOwn(r.Host) {
		http.Error(w, fmt.Sprintf("this service is not called %q; server.allowed_hosts can give it that name", canonical(hostname(r.Host))), http.StatusMisdirectedRequest)
		return
	}
	if g.origins.Check(r) != nil {
		http.Error(w, fmt.Sprintf("a page of %q may not call this service; server.allowed_origins would let it", r.Header.Get("Origin")), http.StatusForbidden)
		return
	}
	g.next.ServeHTTP(newRollingWriter(w, r), r)
}

// setHeaders sets those of every answer. Handlers may replace them.
func setHeaders(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// isOwn reports whether a host is the service. An address cannot be rebound, so all are taken.
func (g *gate) isOwn(host string) bool {
	name := canonical(hostname(host))
	return isAddress(name) || g.own[name] || strings.HasSuffix(name, ".localhost")
}

// isAddress takes no zones: they can hold a name.
func isAddress(name string) bool {
	address, err := netip.ParseAddr(name)
	return err == nil && address.Zone() == ""
}

// hostname is the name or address of a host that may have a port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func canonical(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }
