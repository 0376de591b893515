package comfy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const (
	requestTimeout = 15 * time.Second // one small request; a busy interpreter can take seconds to answer
	slowTimeout    = time.Minute      // validation of a posted graph, node definitions of a big installation
	bodyLimit      = 64 << 20         // /queue and /history carry whole graphs
	errorLimit     = 8 << 10          // of an error answer kept as text, in bytes
)

// ErrUnreachable says that ComfyUI could not be talked to and that nothing was queued or changed by the call.
var ErrUnreachable = errors.New("ComfyUI cannot be reached")

// StatusError is an HTTP answer other than 2xx.
type StatusError struct {
	Method, Path string
	Status       int
	Body         string // beginning of the answer, plain text as a rule
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("ComfyUI answered %s %s with %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Body != "" && e.Status != http.StatusNotFound {
		s += ": " + firstLine(e.Body)
	}
	return s
}

// newHTTPClient drops idle connections early: posting on one that the server is just closing would leave it
// unknown whether the prompt was queued (aiohttp keeps them for 75 seconds). It follows no redirects, which would
// turn a POST into a GET and show the token to others.
func newHTTPClient(proxy func(*http.Request) (*url.URL, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:               proxy,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     20 * time.Second,
		},
	}
}

// answer is a complete HTTP answer, of any status. Its body is valid UTF-8.
type answer struct {
	status   int
	location string // of a redirect
	body     []byte
}

// send makes one request and reads the whole answer. The error wraps [ErrUnreachable] when no connection was
// had, so that nothing can have reached ComfyUI.
func (c *Client) send(ctx context.Context, timeout time.Duration, method, path string, body any) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	res, err := c.open(ctx, method, path, http.Header{}, body)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit+1))
	if err != nil {
		return answer{}, fmt.Errorf("reading ComfyUI's answer to %s %s: %w", method, path, err)
	}
	if len(data) > bodyLimit {
		return answer{}, fmt.Errorf("ComfyUI's answer to %s %s is longer than %d MiB", method, path, bodyLimit>>20)
	}
	data = c.secrets.clear(data)
	if !utf8.Valid(data) { // of a proxy, or of a pack that is careless
		data = bytes.ToValidUTF8(data, []byte(string(utf8.RuneError)))
	}
	return answer{res.StatusCode, res.Header.Get("Location"), data}, nil
}

// encoded is JSON that goes over the wire as it is.
type encoded []byte

func encode(body any) (encoded, error) {
	if data, done := body.(encoded); done {
		return data, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(body)
	return buf.Bytes(), err
}

// open makes one request and returns the answer unread.
func (c *Client) open(ctx context.Context, method, path string, header http.Header, body any) (*http.Response, error) {
	var payload io.Reader
	if body != nil {
		data, err := encode(body)
		if err != nil {
			return nil, fmt.Errorf("%w: encoding %s %s: %w", ErrUnreachable, method, path, err)
		}
		payload = bytes.NewReader(data)
	}
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), method, c.base+path, payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if req.Header = header; payload != nil {
		header.Set("Content-Type", "application/json")
	}
	c.authorize(header)
	res, err := c.http.Do(req)
	switch {
	case err == nil:
		return res, nil
	case !connected.Load():
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	default:
		return nil, err
	}
}

// authorize says who we are, to whatever stands in front of ComfyUI.
func (c *Client) authorize(header http.Header) {
	if c.token != "" {
		header.Set("Authorization", "Bearer "+c.token)
	}
}

// get reads a JSON answer into v; post sends one and wants no answer. Other statuses than 2xx are a *StatusError, or a
// *LockedOutError of get.
func (c *Client) get(ctx context.Context, timeout time.Duration, path string, v any) error {
	a, err := c.send(ctx, timeout, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if err := c.lockedOut(a.status, a.location, a.body); err != nil {
		return err
	}
	if err := a.ok(http.MethodGet, path); err != nil {
		return err
	}
	if err := decode(a.body, v); err != nil {
		return fmt.Errorf("ComfyUI's answer to GET %s: %w", path, err)
	}
	return nil
}

func (c *Client) post(ctx context.Context, path string, body any) error {
	a, err := c.send(ctx, requestTimeout, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	return a.ok(http.MethodPost, path)
}

func (a answer) ok(method, path string) error {
	if a.status/100 == 2 {
		return nil
	}
	return &StatusError{Method: method, Path: path, Status: a.status, Body: a.said()}
}

// said is the body of an error answer as a text for people.
func (a answer) said() string { return shorten(clean(string(a.body)), errorLimit) }
