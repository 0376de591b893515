package comfy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// frameLimit is far above any preview; coder/websocket's own default of 32 KiB is below them.
const frameLimit = 64 << 20

var (
	errSilent    = errors.New("ComfyUI sends no frames on this connection any more")
	featureFlags = []byte(`{"type":"feature_flags","data":{"supports_preview_metadata":true}}`)
)

// socket is one websocket connection. Its times are guarded by Client.mu.
type socket struct {
	opened, lastFrame time.Time
	prompt            string                  // of the latest frame that named one: frames without belong to it
	renew             context.CancelCauseFunc // closes it, so that Run opens a new one
}

// Run keeps the websocket connected until ctx ends and returns ctx's error. It reconnects after growing, jittered
// pauses, the old connection fully closed first (ComfyUI forgets the newer of two sockets with one id when the
// older closes), and when ComfyUI has fallen silent on an open one. Where ComfyUI refuses the client id
// (close 1008) it goes on with a new one. Call it once.
func (c *Client) Run(ctx context.Context) error {
	delay := c.timings.retryMin
	for ctx.Err() == nil {
		begun := time.Now()
		err := c.session(ctx)
		if ctx.Err() != nil {
			break
		}
		if websocket.CloseStatus(err) == websocket.StatusPolicyViolation {
			c.replaceClientID()
		}
		if time.Since(begun) > c.timings.retryMax {
			delay = c.timings.retryMin
		}
		c.log.Debug("websocket to ComfyUI lost", "err", err, "retry_in", delay)
		select {
		case <-ctx.Done():
		case <-c.dialNow:
		case <-time.After(delay/2 + rand.N(delay)):
		}
		delay = min(2*delay, c.timings.retryMax)
	}
	return ctx.Err()
}

func (c *Client) replaceClientID() {
	c.mu.Lock()
	c.clientID = uuid.NewString()
	id := c.clientID
	c.mu.Unlock()
	c.log.Info("ComfyUI refused the websocket client id, taking a new one")
	if c.onClientID != nil {
		c.onClientID(id)
	}
}

// session is one connection's life. It returns when the connection is closed on our side too.
func (c *Client) session(ctx context.Context) error {
	ctx, renew := context.WithCancelCause(ctx)
	defer renew(nil)
	dialCtx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	address := strings.Replace(c.base, "http", "ws", 1) + "/ws?clientId=" + url.QueryEscape(c.ClientID())
	header := http.Header{}
	c.authorize(header)
	conn, refusal, err := websocket.Dial(dialCtx, address, &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: header})
	if err != nil {
		if refusal != nil {
			c.setLockout(c.lockedOut(refusal.StatusCode, refusal.Header.Get("Location"), nil))
		}
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(frameLimit)

	s := &socket{opened: time.Now(), renew: renew}
	defer c.detach(s)
	greeting := time.AfterFunc(c.timings.pongWithin, func() { c.renewSilent(s, time.Time{}) })
	defer greeting.Stop()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		c.keepAlive(ctx, conn, renew)
	}()
	err = c.read(conn, s)
	if cause := context.Cause(ctx); cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	renew(err)
	<-stopped
	return err
}

// keepAlive does the writing: our feature flags, which ComfyUI heeds only in a connection's first message, then pings.
// It closes the connection when a pong is missing or the session is to end. Closing is what ends the reader, which
// never stops reading before: one client that does not read freezes the frames of all.
func (c *Client) keepAlive(ctx context.Context, conn *websocket.Conn, renew context.CancelCauseFunc) {
	if err := conn.Write(ctx, websocket.MessageText, featureFlags); err != nil {
		renew(fmt.Errorf("feature flags: %w", err))
	}
	tick := time.NewTicker(c.timings.pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return
		case <-tick.C:
			pingCtx, cancel := context.WithTimeout(ctx, c.timings.pongWithin)
			err := conn.Ping(pingCtx)
			cancel()
			if err != nil && ctx.Err() == nil {
				renew(fmt.Errorf("ping: %w", err))
			}
		}
	}
}

func (c *Client) read(conn *websocket.Conn, s *socket) error {
	for {
		kind, data, err := conn.Read(context.Background()) // Run closes the connection when its context ends
		if err != nil {
			return err
		}
		parse := parseText
		if kind == websocket.MessageBinary {
			parse = parseBinary
		}
		e, err := parse(c.secrets.clear(data))
		if err != nil {
			c.log.Debug("unreadable frame from ComfyUI", "err", err, "bytes", len(data))
		}
		c.dispatch(s, e)
	}
}

// dispatch hands a frame to whom it concerns. It never blocks.
func (c *Client) dispatch(s *socket, e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.lastFrame = time.Now()
	switch {
	case e.kind == status:
		if c.socket == nil {
			c.log.Debug("websocket to ComfyUI open")
		}
		c.socket, c.remaining, c.lockout = s, e.remaining, nil
		c.announce()
		return
	case e.prompt != "":
		s.prompt = e.prompt
	case e.kind == preview || e.kind == note: // these tell no prompt; ComfyUI runs one at a time
		e.prompt = s.prompt
	}
	for r := range c.runs {
		if r.id == e.prompt {
			r.apply(e)
		}
	}
}

func (c *Client) detach(s *socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.socket == s {
		c.socket = nil
		c.announce()
	}
}

// expectFrame is called when polling showed a change of the queue that happened after since: ComfyUI tells every
// socket of each change, so one without a frame by now has been forgotten and is renewed.
func (c *Client) expectFrame(since time.Time) {
	c.mu.Lock()
	s := c.socket
	c.mu.Unlock()
	if s == nil || s.opened.After(since) {
		return
	}
	time.AfterFunc(c.timings.frameGrace, func() { c.renewSilent(s, since) })
}

// renewSilent closes a socket that had no frame after since.
func (c *Client) renewSilent(s *socket, since time.Time) {
	c.mu.Lock()
	silent := !s.lastFrame.After(since)
	c.mu.Unlock()
	if silent {
		s.renew(errSilent)
	}
}
