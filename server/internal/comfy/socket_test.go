package comfy_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// greeter is the websocket side of ComfyUI: it hands out each new connection after its greeting.
type greeter struct {
	http.Handler // everything but the websocket; nil: 404
	conns        chan greeted
	refuse       string // a client id that is closed with 1008

	mu   sync.Mutex
	open int
	most int
}

type greeted struct {
	*websocket.Conn
	id    string
	first string // first message of the client
}

func newGreeter(h http.Handler) *greeter {
	return &greeter{Handler: h, conns: make(chan greeted, 8)}
}

func (g *greeter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/ws" {
		g.Handler.ServeHTTP(w, r)
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	g.count(1)
	defer g.count(-1)
	id := r.URL.Query().Get("clientId")
	if id == g.refuse {
		c.Close(websocket.StatusPolicyViolation, "authentication required")
		return
	}
	_, first, err := c.Read(context.Background())
	if err != nil {
		return
	}
	say(c, `{"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 2}}, "sid": "`+id+`"}}`)
	g.conns <- greeted{c, id, string(first)}
	for {
		if _, _, err := c.Read(context.Background()); err != nil {
			return
		}
	}
}

func (g *greeter) count(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open += n
	g.most = max(g.most, g.open)
}

// next waits for a new connection.
func next[T any](t *testing.T, conns <-chan T) {
	t.Helper()
	select {
	case <-conns:
	case <-time.After(time.Hour):
		t.Fatal("no new connection")
	}
}

func say(c *websocket.Conn, frame string) {
	_ = c.Write(context.Background(), websocket.MessageText, []byte(frame))
}

func TestConnectionState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(nil)
		c, n := start(t, g, "me", true)
		if n, known := c.QueueRemaining(); !known && n != 0 { // it may be connected already
			t.Errorf("before: %d, %t", n, known)
		}
		if err := c.WaitConnected(t.Context()); err != nil {
			t.Fatal(err)
		}
		conn := <-g.conns
		if conn.id != "me" || !strings.Contains(conn.first, `"supports_preview_metadata":true`) {
			t.Errorf("greeted %q with %q", conn.id, conn.first)
		}
		if n, known := c.QueueRemaining(); !known || n != 2 {
			t.Errorf("greeted: %d, %t", n, known)
		}

		changed := c.StatusChanged()
		say(conn.Conn, `{"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}}`)
		<-changed
		if n, known := c.QueueRemaining(); !known || n != 0 {
			t.Errorf("idle: %d, %t", n, known)
		}

		changed = c.StatusChanged()
		n.cut(true)
		<-changed
		if c.Connected() {
			t.Error("connected to a dead server")
		}
		time.Sleep(61 * time.Second) // it goes on trying
		n.cut(false)
		back := time.Now()
		if err := c.WaitConnected(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !time.Now().Equal(back) {
			t.Error("WaitConnected sat out the pause")
		}
		if conn := <-g.conns; conn.id != "me" || !strings.Contains(conn.first, "feature_flags") {
			t.Errorf("greeted again %q with %q", conn.id, conn.first)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(nil)
		_, hc := serve(t, g)
		c := comfy.New(comfy.Options{BaseURL: "http://comfy.test/", HTTPClient: hc})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		if err := c.WaitConnected(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("Run returned %v", err)
		}
		if c.Connected() {
			t.Error("still connected")
		}
		if err := c.WaitConnected(ctx); err != context.Canceled {
			t.Errorf("WaitConnected returned %v", err)
		}
	})
}

func TestRefusedClientIDIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(nil)
		g.refuse = "me"
		_, hc := serve(t, g)
		told := make(chan string, 1)
		c := comfy.New(comfy.Options{
			BaseURL:    "http://comfy.test",
			ClientID:   "me",
			HTTPClient: hc,
			OnClientID: func(id string) { told <- id },
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		defer func() { cancel(); <-done }()
		if err := c.WaitConnected(ctx); err != nil {
			t.Fatal(err)
		}
		id := <-told
		if conn := <-g.conns; id == "me" || conn.id != id || c.ClientID() != id {
			t.Errorf("told %q, connected as %q, says %q", id, conn.id, c.ClientID())
		}
	})
}

// TestForgottenSocketIsRenewed: ComfyUI keeps the socket open but sends nothing on it any more. Polling shows the
// queue change, so the client closes that socket, fully, and opens another.
func TestForgottenSocketIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := absent(t, promptID).on("GET /queue", answer{200, isRunning}).
			on("GET /history/"+promptID, answer{200, `{}`}, answer{200, `{}`}, answer{200, finished(promptID)})
		g := newGreeter(looks)
		c, _ := start(t, g, "me", true)
		<-g.conns
		run := c.Track(promptID)
		defer run.Close()
		o, err := run.Wait(t.Context(), nil)
		if err != nil || o.Kind != comfy.Succeeded {
			t.Fatalf("%+v, %v", o, err)
		}
		next(t, g.conns)
		if g.most != 1 {
			t.Errorf("%d sockets of one client id were open at a time", g.most)
		}
	})
}

// TestSilentSocketIsRenewed: as above, in the middle of a long run.
func TestSilentSocketIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(absent(t, promptID).on("GET /queue", answer{200, isRunning}))
		c, _ := start(t, g, "me", true)
		first := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		ctx, cancel := context.WithCancel(t.Context())
		waited := make(chan error)
		go func() { _, err := run.Wait(ctx, nil); waited <- err }()
		begun := time.Now()
		for range 25 { // frames of its own keep it
			time.Sleep(20 * time.Second)
			say(first.Conn, `{"type": "progress", "data": {"value": 1, "max": 9, "node": "3", "prompt_id": "`+promptID+`"}}`)
		}
		if len(g.conns) != 0 {
			t.Error("renewed although frames came")
		}
		last := time.Now()
		next(t, g.conns)
		if silence := time.Since(last); silence < 30*time.Second || silence > 45*time.Second {
			t.Errorf("renewed after %v", silence)
		}
		if sign := run.LastSign(); !sign.Equal(last) || sign.Before(begun) {
			t.Errorf("last sign %v after the last frame", sign.Sub(last))
		}
		cancel()
		if err := <-waited; err != context.Canceled {
			t.Errorf("Wait returned %v", err)
		}
	})
}

// TestDeafNode: a node that sends nothing for hours is no reason to reconnect all the time.
func TestDeafNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(absent(t, promptID).on("GET /queue", answer{200, isRunning}))
		g.conns = make(chan greeted, 1000)
		c, _ := start(t, g, "me", true)
		run := c.Track(promptID)
		defer run.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		_, _ = run.Wait(ctx, nil)
		if n := len(g.conns); n < 2 || n > 10 {
			t.Errorf("%d connections in two hours", n)
		}
	})
}

// TestMissingGreeting: a connection on which ComfyUI never says anything is given up.
func TestMissingGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := make(chan struct{}, 8)
		c, _ := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer conn.CloseNow()
			dials <- struct{}{}
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
			}
		}), "me", true)
		next(t, dials)
		next(t, dials)
		if c.Connected() {
			t.Error("connected without a greeting")
		}
	})
}

// TestDeadPeerIsNoticed: the connection is up but nobody answers pings, as after a cut cable.
func TestDeadPeerIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := make(chan struct{}, 8)
		start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
				OnPingReceived: func(context.Context, []byte) bool { return false },
			})
			if err != nil {
				return
			}
			defer conn.CloseNow()
			dials <- struct{}{}
			say(conn, `{"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}}`)
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
			}
		}), "me", true)
		<-dials
		begun := time.Now()
		next(t, dials)
		if d := time.Since(begun); d > 2*time.Minute {
			t.Errorf("noticed after %v", d)
		}
	})
}

func TestOddFramesDoNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(absent(t, promptID).on("GET /history/"+promptID, answer{200, finished(promptID)}))
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		for _, frame := range []string{
			`{"type": "executing", "data": {"node": "7"}}`, // as after a reconnect
			`{"type": "executing", "data": {"node": "7", "prompt_id": "another"}}`,
			`{"type": "progress", "data": {"value": "x", "prompt_id": "` + promptID + `"}}`,
			`{"type": "progress_state", "data": null}`, `{"type": "crystools.monitor", "data": {"cpu": 3}}`,
			`{"type": 5}`, `nonsense`, ``, `[]`, `null`, `{"data": {"prompt_id": "` + promptID + `"}}`,
		} {
			say(conn.Conn, frame)
		}
		_ = conn.Write(t.Context(), websocket.MessageBinary, []byte{0, 0, 0, 4, 255, 255, 255, 255, '{'})
		synctest.Wait()
		if p := run.Progress(); p != (comfy.Progress{}) {
			t.Errorf("progress %+v", p)
		}
		// Far above coder/websocket's default limit, and a node that Python gave NaN.
		say(conn.Conn, `{"type": "executing", "data": {"node": 7, "x": NaN, "pad": "`+strings.Repeat("x",
			1<<20)+`", "prompt_id": "`+promptID+`"}}`)
		synctest.Wait()
		if p := run.Progress(); p != (comfy.Progress{Running: true, NodeID: "7"}) || !c.Connected() {
			t.Errorf("progress %+v, connected %t", p, c.Connected())
		}
	})
}

// TestForeignPreviews: pictures of old servers name no prompt. They belong to the prompt of the frames around them.
func TestForeignPreviews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(nil)
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		picture := func(b byte) {
			_ = conn.Write(t.Context(), websocket.MessageBinary, []byte{0, 0, 0, 1, 0, 0, 0, 2, b})
			synctest.Wait()
		}
		picture(1)
		say(conn.Conn, `{"type": "progress", "data": {"value": 1, "max": 2, "node": "3", "prompt_id": "another"}}`)
		picture(2)
		if n, _, data := run.Preview(); n != 0 || data != nil {
			t.Errorf("took %v for its own", data)
		}
		say(conn.Conn, `{"type": "progress", "data": {"value": 1, "max": 2, "node": "3", "prompt_id": "`+promptID+`"}}`)
		picture(3)
		if n, media, data := run.Preview(); n != 1 || media != "image/png" || len(data) != 1 || data[0] != 3 {
			t.Errorf("preview %d %s %v", n, media, data)
		}
	})
}
