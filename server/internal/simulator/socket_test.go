package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// socket is a websocket client. Its frames arrive as they come: JSON values, or []byte.
type socket struct {
	t      *testing.T
	conn   *websocket.Conn
	frames chan any
	opened []any // frames of the connection's beginning
}

func (c *comfy) dial(clientID string, announce bool) *socket {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.t.Context(), "ws://"+c.host+"/ws?clientId="+clientID, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	s := &socket{t: c.t, conn: conn, frames: make(chan any, 10000)}
	if announce {
		message := []byte(`{"type": "feature_flags", "data": {"supports_preview_metadata": true}}`)
		if err := conn.Write(c.t.Context(), websocket.MessageText, message); err != nil {
			c.t.Fatal(err)
		}
	}
	go s.read()
	c.t.Cleanup(func() { conn.CloseNow() })
	s.opened = s.until(func(f any) bool { return at(f, "data", "sid") == clientID })
	if announce {
		s.opened = append(s.opened, s.until(ofType("feature_flags"))...)
	}
	return s
}

func (s *socket) read() {
	defer close(s.frames)
	for {
		kind, body, err := s.conn.Read(context.Background())
		if err != nil {
			return
		}
		var frame any = body
		if kind == websocket.MessageText {
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber()
			if decoder.Decode(&frame) != nil {
				frame = string(body)
			}
		}
		s.frames <- frame
	}
}

// until returns the frames up to the first one that is wanted.
func (s *socket) until(wanted func(frame any) bool) []any {
	s.t.Helper()
	var seen []any
	timeout := time.After(patience)
	for {
		select {
		case frame, open := <-s.frames:
			if !open {
				s.t.Fatalf("socket closed; frames: %s", brief(seen))
			}
			seen = append(seen, frame)
			if wanted(frame) {
				return seen
			}
		case <-timeout:
			s.t.Fatalf("no such frame; frames: %s", brief(seen))
		}
	}
}

// rest returns the frames that the server sent before it answered a ping.
func (s *socket) rest() []any {
	s.t.Helper()
	if err := s.conn.Ping(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	var seen []any
	for {
		select {
		case frame := <-s.frames:
			seen = append(seen, frame)
		default:
			return seen
		}
	}
}

// brief renders frames without the content of the binary ones.
func brief(frames []any) string {
	frames = slices.Clone(frames)
	for i, frame := range frames {
		if body, binary := frame.([]byte); binary {
			frames[i] = fmt.Sprintf("%d bytes %x...", len(body), body[:min(8, len(body))])
		}
	}
	return encode(frames)
}

func ofType(kind string) func(any) bool {
	return func(frame any) bool { return at(frame, "type") == kind }
}

// end is the last frame of a run.
func end(frame any) bool {
	return at(frame, "type") == "executing" && at(frame, "data", "prompt_id") != nil && at(frame, "data", "node") == nil
}

// idle is the status frame of an empty queue.
func idle(frame any) bool {
	return at(frame, "data", "status", "exec_info", "queue_remaining") == json.Number("0")
}
