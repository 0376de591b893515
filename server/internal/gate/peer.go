package gate

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Peer identifies the other end of a request.
type Peer struct {
	Address string
	Secure  bool // what it sends and gets is encrypted on its way, up to a trusted proxy at least
}

type peerKey struct{}

// WithConnection notes who is at the other end of a connection. It is for http.Server.ConnContext.
func WithConnection(ctx context.Context, c net.Conn) context.Context {
	address := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return context.WithValue(ctx, peerKey{}, Peer{Address: address})
}

// PeerOf returns the peer that makes the request.
func PeerOf(ctx context.Context) Peer {
	peer, _ := ctx.Value(peerKey{}).(Peer)
	return peer
}

// trusts reports whether what an address says of those before it is believed.
func (g *gate) trusts(address string) bool {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	parsed = parsed.Unmap().WithZone("")
	for _, proxy := range g.proxies {
		if proxy.Contains(parsed) {
			return true
		}
	}
	return false
}

// forwarded is the request as it reached the first of the trusted proxies that have passed it on.
func (g *gate) forwarded(r *http.Request) *http.Request {
	peer := PeerOf(r.Context())
	peer.Secure = r.TLS != nil || g.secure
	if len(g.proxies) > 0 && g.trusts(peer.Address) {
		// Each proxy adds whom it has seen: the last that is no proxy of ours is the one that was seen by ours.
		seen := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(seen) - 1; i >= 0 && g.trusts(peer.Address); i-- {
			address := canonicalAddress(strings.TrimSpace(seen[i]))
			if address == "" {
				break
			}
			peer.Address = address
		}
		peer.Secure = peer.Secure || strings.EqualFold(first(r.Header, "X-Forwarded-Proto"), "https")
		if host := first(r.Header, "X-Forwarded-Host"); host != "" {
			r.Host = host
		}
	} else if !peer.Secure {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), peerKey{}, peer))
}

// first is the first of the values that proxies have put one after the other.
func first(header http.Header, name string) string {
	value, _, _ := strings.Cut(header.Get(name), ",")
	return strings.TrimSpace(value)
}

// canonicalAddress is an address that may have a port; empty when it is none.
func canonicalAddress(text string) string {
	if pair, err := netip.ParseAddrPort(text); err == nil {
		return pair.Addr().Unmap().String()
	}
	parsed, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return ""
	}
	return parsed.Unmap().String()
}
