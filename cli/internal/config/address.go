package config

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// DefaultAddress is the server of a machine that runs its own.
const DefaultAddress = "http://localhost:3000"

// defaultPort is the port of an address that names neither a scheme nor a port.
const defaultPort = "3000"

// Address names a server by scheme, host and port.
type Address struct {
	// TLS is true for https.
	TLS bool
	// Host is the name or IP address, without brackets.
	Host string
	// Port is the port's number.
	Port string
}

// ParseAddress reads "http://host:port", "https://host" or just "host" or "host:port" (plain http, port 3000).
func ParseAddress(text string) (Address, error) {
	raw := strings.TrimSpace(text)
	bare := !strings.Contains(raw, "://")
	if bare {
		raw = "http://" + bracketed(raw)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return Address{}, fmt.Errorf("%q is not a server address; write it like %s", text, DefaultAddress)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return Address{}, fmt.Errorf("%q: a server address begins with http:// or https://", text)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return Address{}, fmt.Errorf("%q: a server address has only a scheme, a host and a port, such as %s", text, DefaultAddress)
	}
	a := Address{TLS: u.Scheme == "https", Host: u.Hostname(), Port: u.Port()}
	switch {
	case a.Port != "":
	case bare:
		a.Port = defaultPort
	case a.TLS:
		a.Port = "443"
	default:
		a.Port = "80"
	}
	return a, nil
}

// bracketed puts the brackets around a bare IPv6 address that a URL needs.
func bracketed(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}

// HostPort is the address as net.Dial takes it.
func (a Address) HostPort() string { return net.JoinHostPort(a.Host, a.Port) }

// String is the address as a URL without a path: the form under which its token is kept.
func (a Address) String() string {
	scheme, usual := "http", "80"
	if a.TLS {
		scheme, usual = "https", "443"
	}
	if a.Port == usual {
		return scheme + "://" + strings.TrimSuffix(a.HostPort(), ":"+usual)
	}
	return scheme + "://" + a.HostPort()
}

// IsLocalhost reports whether the address means this machine by its usual name.
func (a Address) IsLocalhost() bool { return strings.EqualFold(a.Host, "localhost") }

// DialContext connects to the server. "localhost" is tried on 127.0.0.1 and on ::1, whatever the hosts file says of it.
func (a Address) DialContext(ctx context.Context, network, hostport string) (net.Conn, error) {
	var dialer net.Dialer
	if !a.IsLocalhost() {
		return dialer.DialContext(ctx, network, hostport)
	}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", a.Port))
	if err == nil {
		return conn, nil
	}
	if conn, err6 := dialer.DialContext(ctx, "tcp", net.JoinHostPort("::1", a.Port)); err6 == nil {
		return conn, nil
	}
	return nil, err
}
