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
	origin := http.NewCrossOriginProtection()
	for _, trusted := range c.Origins {
		if err := origin.AddTrustedOrigin(trusted); err != nil {
			return nil, fmt.Errorf("server.allowed_origins: %w", err)
		}
	}
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprintf("a page of %q may not call this service; server.allowed_origins would let it", r.Header.Get("Origin")), http.StatusForbidden)
	}))
	handler := origin.Handler(next)
	if len(c.Origins) > 0 { // without any the library lets all in
		handler = cors.New(cors.Options{
			AllowedOrigins: c.Origins, AllowedMethods: connectcors.AllowedMethods(),
			AllowedHeaders: append(connectcors.AllowedHeaders(), "Authorization"), ExposedHeaders: connectcors.ExposedHeaders(), MaxAge: preflightAge,
		}).Handler(handler)
	}
	return headers(rolling(hosts(c.Hosts, handler))), nil
}

// headers are those of every answer. Handlers may replace them.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// hosts refuses requests for names that are not the service's own. An address cannot be rebound, so all are taken.
func hosts(configured []string, next http.Handler) http.Handler {
	own := map[string]bool{"localhost": true}
	for _, name := range configured {
		own[canonical(name)] = true
	}
	if name, err := os.Hostname(); err == nil {
		name = canonical(name)
		own[name], own[name+".local"] = true, true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := canonical(hostname(r.Host))
		if !isAddress(name) && !own[name] && !strings.HasSuffix(name, ".localhost") {
			http.Error(w, fmt.Sprintf("this service is not called %q; server.allowed_hosts can give it that name", name), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
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
