package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
)

const (
	headerLimit = 10 * time.Second // for a request's header to arrive
	readLimit   = 30 * time.Second // for a request to arrive
	maxHeader   = 64 << 10         // bytes of a request's header
	idleLimit   = 2 * time.Minute  // of an idle connection
	maxStreams  = 1000             // on one HTTP/2 connection
	peerLimit   = 30 * time.Second // for a peer to acknowledge what was sent
)

// keepAlive finds out that the peer of a quiet connection has vanished.
var keepAlive = net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: peerLimit / 2, Interval: peerLimit / 6, Count: 3}}

// server is the port: HTTP/1.1 and HTTP/2 without TLS.
type server struct {
	handler  http.Handler
	config   config.Server
	stopping <-chan struct{}
	failed   chan error
	http     *http.Server // nil while the port is closed
}

// addresses are those that the configured host stands for. "localhost" is both loopback addresses, since clients take
// either.
func (s *server) addresses() []string {
	if s.config.Host == "localhost" {
		return []string{"127.0.0.1", "::1"}
	}
	return []string{s.config.Host}
}

// listen opens the port on all addresses. A machine without IPv6 has one loopback address.
func (s *server) listen() ([]net.Listener, error) {
	var listeners []net.Listener
	port := s.config.Port
	for i, host := range s.addresses() {
		listener, err := keepAlive.Listen(context.Background(), network(host), net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil && i > 0 && !errors.Is(err, errInUse) {
			continue
		}
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, fmt.Errorf("cannot open port %d on %s (server.port, server.host): %w", port, host, err)
		}
		port = listener.Addr().(*net.TCPAddr).Port
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// check finds out that the port is taken before ComfyUI is started.
func (s *server) check() error {
	listeners, err := s.listen()
	for _, l := range listeners {
		_ = l.Close()
	}
	return err
}

// open opens the port and gives its addresses.
func (s *server) open() (urls []string, err error) {
	listeners, err := s.listen()
	if err != nil {
		return nil, err
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	scheme := "http"
	if s.encrypted() {
		scheme = "https"
		protocols.SetHTTP2(true)
	} else {
		protocols.SetUnencryptedHTTP2(true)
	}
	// No WriteTimeout: it would end the state streams. The gate gives each write a deadline.
	s.http = &http.Server{
		Handler:           s.handler,
		Protocols:         &protocols,
		ReadHeaderTimeout: headerLimit,
		ReadTimeout:       readLimit,
		IdleTimeout:       idleLimit,
		MaxHeaderBytes:    maxHeader,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams,
			SendPingTimeout:      peerLimit / 2,
			PingTimeout:          peerLimit / 2,
			WriteByteTimeout:     peerLimit,
		},
		TLSConfig: (&certificate{TLS: s.config.TLS}).config(),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			dropAfter(c, peerLimit)
			return gate.WithConnection(ctx, c)
		},
	}
	open := newConnections(mostConnections(openFiles()))
	s.http.ConnState = open.note
	for _, listener := range listeners {
		go func() {
			if err := s.serve(open.of(listener)); !errors.Is(err, http.ErrServerClosed) {
				s.failed <- err
			}
		}()
	}
	return s.urls(scheme, listeners), nil
}

// urls are the addresses that people open, the public one first.
func (s *server) urls(scheme string, listeners []net.Listener) (urls []string) {
	if public := s.config.PublicURL.URL; public != nil {
		urls = append(urls, public.String())
	}
	for _, listener := range listeners {
		at := listener.Addr().(*net.TCPAddr)
		if s.config.Host == "localhost" {
			urls = append(urls, address(scheme, "localhost", at.Port))
			break
		}
		for _, host := range reachable(at) {
			urls = append(urls, address(scheme, host, at.Port))
		}
	}
	return urls
}

// encrypted reports whether the port speaks TLS.
func (s *server) encrypted() bool { return s.config.TLS.CertFile != "" }

func (s *server) serve(listener net.Listener) error {
	if !s.encrypted() {
		return s.http.Serve(listener)
	}
	return s.http.ServeTLS(listener, "", "")
}

// wait returns when ctx ends, or with the error that ended the port.
func (s *server) wait(ctx context.Context) error {
	select {
	case err := <-s.failed:
		return fmt.Errorf("the port failed: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// stop closes the port and waits for the requests under way. The streams have ended by themselves.
func (s *server) stop(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("some requests did not end in time: %w", err), s.http.Close())
	}
	return nil
}
