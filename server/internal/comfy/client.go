// Package comfy is a client for a ComfyUI server, in ComfyUI's own words: prompts, nodes, queue and history.
// It knows nothing of jobs, slots or workers.
//
// One [Client] talks to one ComfyUI. [Client.Run] keeps its websocket; everything else is plain HTTP and works
// without it. ComfyUI loses frames silently in several ways, so no outcome ever rests on them: frames make a
// [Run] quick and give it progress, the history decides.
//
// The order of calls for one prompt is [Client.Track], [Client.Submit], [Run.Wait], [Run.Close].
package comfy

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Options configures a [Client].
type Options struct {
	// BaseURL is the address of ComfyUI, such as http://127.0.0.1:8188. A path prefix is kept.
	BaseURL string
	// ClientID is the websocket client id. ComfyUI sends the frames of a prompt only to the socket whose id the
	// prompt was submitted with, so an id kept across restarts lets a restarted program follow a running prompt.
	// Empty: a random one.
	ClientID string
	// OnClientID, if set, is told the new id when ComfyUI refused the old one (see [Client.Run]).
	// It is called from Run's goroutine and must not block.
	OnClientID func(id string)
	// Log receives connection changes and odd answers. Nil: nothing is logged.
	Log *slog.Logger
	// Token is sent with every request as a bearer token, for what stands in front of ComfyUI. Empty: none.
	Token string
	// PartnerKey is sent with prompts that are paid, for the services of their nodes, and with nothing else. Whatever ComfyUI says is
	// cleared of it: its errors quote what they were given. Empty: none.
	PartnerKey string
	// Proxy chooses the proxy of a request, see [http.Transport]. Nil: none, ComfyUI is asked directly.
	Proxy func(*http.Request) (*url.URL, error)
	// HTTPClient carries requests and the websocket handshake. It must have no Timeout: a timeout would cut the
	// websocket, and each request has its own. Nil: a client of our own, with Proxy.
	HTTPClient *http.Client
	// PollInterval is the wait between looks at history and queue while a prompt runs. Zero: one second.
	PollInterval time.Duration
}

// Client talks to one ComfyUI. It is safe for concurrent use.
type Client struct {
	base       string
	http       *http.Client
	token      string
	partnerKey string
	secrets    secrets
	log        *slog.Logger
	onClientID func(string)
	timings    timings

	mu        sync.Mutex // guards all below; taken before a Run's own
	clientID  string
	socket    *socket // nil while disconnected
	lockout   error   // why the latest attempt to connect was not let through; nil: it was, or is not known
	remaining int     // queue_remaining of the latest status frame of this socket
	changed   chan struct{}
	dialNow   chan struct{} // one token: the wait before reconnecting is to end
	runs      map[*Run]struct{}
}

// New returns a client. It connects to nothing: a wrong BaseURL shows as an error of the first call.
func New(o Options) *Client {
	c := &Client{
		base:       strings.TrimRight(o.BaseURL, "/"),
		http:       o.HTTPClient,
		token:      o.Token,
		partnerKey: o.PartnerKey,
		secrets:    newSecrets(o.PartnerKey),
		log:        o.Log,
		onClientID: o.OnClientID,
		timings:    defaultTimings(cmp.Or(o.PollInterval, time.Second)),
		clientID:   cmp.Or(o.ClientID, uuid.NewString()),
		changed:    make(chan struct{}),
		dialNow:    make(chan struct{}, 1),
		runs:       make(map[*Run]struct{}),
	}
	if c.http == nil {
		c.http = newHTTPClient(o.Proxy)
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c
}

// timings holds every waiting time of the client.
type timings struct {
	poll        time.Duration // between looks at history and queue when no frames arrive
	pollFlow    time.Duration // the same while frames arrive
	endGrace    time.Duration // from a success, error or interrupt frame to a look, when the end frame lags
	recheck     time.Duration // first wait after an end frame whose history is not there yet; doubles up to poll
	goneGap     time.Duration // least time between the two looks that make a prompt gone
	submitCheck time.Duration // between looks for a prompt whose submission failed midway
	pingEvery   time.Duration
	pongWithin  time.Duration // for a pong and for the greeting; a model load can hold the interpreter for long
	frameGrace  time.Duration // after a change seen by polling, for the frame that must have told it
	silence     time.Duration // a running prompt without any frame for so long makes the socket suspect
	retryMin    time.Duration // first wait before reconnecting; doubles up to retryMax
	retryMax    time.Duration
}

func defaultTimings(poll time.Duration) timings {
	return timings{
		poll:        poll,
		pollFlow:    5 * poll,
		endGrace:    100 * time.Millisecond,
		recheck:     20 * time.Millisecond,
		goneGap:     500 * time.Millisecond,
		submitCheck: 250 * time.Millisecond,
		pingEvery:   20 * time.Second,
		pongWithin:  time.Minute,
		frameGrace:  10 * time.Second,
		silence:     30 * time.Second,
		retryMin:    200 * time.Millisecond,
		retryMax:    5 * time.Second,
	}
}

// ClientID returns the websocket client id in use. It changes when ComfyUI refuses it (see [Client.Run]).
func (c *Client) ClientID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clientID
}

// Connected reports whether the websocket is open and ComfyUI has greeted it with a status frame.
func (c *Client) Connected() bool {
	_, known := c.QueueRemaining()
	return known
}

// QueueRemaining returns the number of prompts running and waiting, by the latest status frame.
// known is false while disconnected. Another client that does not read can hold frames up for long: ask [Client.Queue]
// where it matters.
func (c *Client) QueueRemaining() (n int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remaining, c.socket != nil
}

// StatusChanged returns a channel that is closed at the next status frame or connection change.
// Take the channel first and read the state after, so that no change falls between.
func (c *Client) StatusChanged() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// WaitConnected returns when the websocket is connected, with ctx's error, or with a *[LockedOutError].
// [Client.Run] must be running; the wait before its next attempt is cut short.
func (c *Client) WaitConnected(ctx context.Context) error {
	c.setLockout(nil) // an earlier attempt's
	select {
	case c.dialNow <- struct{}{}:
	default:
	}
	for {
		changed := c.StatusChanged()
		c.mu.Lock()
		connected, lockout := c.socket != nil, c.lockout
		c.mu.Unlock()
		if connected || lockout != nil {
			return lockout
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (c *Client) setLockout(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lockout = err; err != nil {
		c.announce()
	}
}

// announce wakes all that wait on StatusChanged. c.mu is held.
func (c *Client) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}
