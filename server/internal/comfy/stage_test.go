package comfy_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// network joins clients and a handler by in-memory pipes, so that they can share a synctest bubble.
type network struct {
	backlog chan net.Conn
	mu      sync.Mutex
	down    bool
	open    []net.Conn
}

var errRefused = &net.OpError{Op: "dial", Net: "pipe", Err: errors.New("connection refused")}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, errRefused
	}
	near, far := net.Pipe()
	n.open = append(n.open, far)
	n.backlog <- far
	return near, nil
}

// cut drops every connection, as a killed process does; while down none can be made.
func (n *network) cut(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.open {
		c.Close()
	}
	n.open, n.down = nil, down
}

func (n *network) Accept() (net.Conn, error) {
	c, ok := <-n.backlog
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (n *network) Close() error   { return nil }
func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// serve runs a handler until the test ends and returns an HTTP client that reaches it.
func serve(t *testing.T, h http.Handler) (*network, *http.Client) {
	t.Helper()
	n := &network{backlog: make(chan net.Conn, 16)}
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(n) }()
	transport := &http.Transport{DialContext: n.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		n.cut(true)
		close(n.backlog)
		server.Close()
		<-done
	})
	return n, &http.Client{Transport: transport}
}

// start runs a client against a handler until the test ends; connect says whether its websocket runs too.
func start(t *testing.T, h http.Handler, clientID string, connect bool) (*comfy.Client, *network) {
	t.Helper()
	n, hc := serve(t, h)
	c := comfy.New(comfy.Options{BaseURL: "http://comfy.test", ClientID: clientID, HTTPClient: hc})
	if !connect {
		return c, n
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return c, n
}

// stage plays a recording for one of its clients: frames in their order and distance, each submission awaited
// from the client under test, history and queue as they were at that moment.
type stage struct {
	t       *testing.T
	records []record
	lives   []*life
	client  string
	lost    func(i int) bool // frames that never arrive; nil: none
	lag     time.Duration    // history later than the frames
	network *network

	turns chan *life  // whose time to be submitted has come; closed when the recording is over
	posts chan string // submitted, or refused by the client itself
	conns chan *websocket.Conn

	mu     sync.Mutex
	at     int // index of the record being played
	since  map[string]time.Time
	asked  []string // "METHOD path body" of all requests but GETs
	cursor *websocket.Conn
}

func newStage(t *testing.T, records []record, client string) *stage {
	return &stage{
		t:       t,
		records: records,
		lives:   lives(t, records),
		client:  client,
		turns:   make(chan *life),
		posts:   make(chan string),
		conns:   make(chan *websocket.Conn, 64),
		since:   make(map[string]time.Time),
	}
}

// play goes through the recording. It returns when the recording or the test is over.
func (s *stage) play(ctx context.Context) {
	defer close(s.turns)
	current := "" // recorded name of the connection that is ours
	for i, r := range s.records {
		if i > 0 && !sleep(ctx, gap(s.records[i-1], r)) {
			return
		}
		s.reach(i)
		p, isPost := r.post()
		switch {
		case isPost && r.Status == 200 && p.client() == s.client:
			if !s.expect(ctx, r.promptID()) {
				return
			}
		case r.Event == "open" && r.clientID() == s.client:
			if current == "" && !s.attach(ctx) {
				return
			}
			current = r.Conn
		case r.died():
			current = ""
			s.die(r.Event != portOpen)
		case r.Event == "client closes" && r.Conn == current:
			current = ""
			s.detach()
		case r.Dir == "ws" && r.Event == "" && r.Conn == current:
			if s.lost == nil || !s.lost(i) {
				s.sendFrame(ctx, r)
			}
		}
	}
	s.reach(len(s.records))
}

// expect gives a prompt its turn and waits until it is submitted.
func (s *stage) expect(ctx context.Context, id string) bool {
	turn := s.lives[slices.IndexFunc(s.lives, func(l *life) bool { return l.id == id })]
	select {
	case <-ctx.Done():
		return false
	case s.turns <- turn:
	}
	select {
	case <-ctx.Done():
		return false
	case got := <-s.posts:
		if got != id {
			s.t.Errorf("submitted %s, the recording has %s", got, id)
		}
		return true
	}
}

// die ends the recorded process, and with it every connection. Unless it stays down, another takes its place.
func (s *stage) die(down bool) {
	s.detach()
	s.network.cut(down)
	synctest.Wait()
	for len(s.conns) > 0 {
		<-s.conns
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (s *stage) reach(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = i
	for _, l := range s.lives {
		if l.ended >= 0 && i >= l.ended && s.since[l.id].IsZero() {
			s.since[l.id] = time.Now()
		}
	}
}

func (s *stage) attach(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case c := <-s.conns:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cursor = c
		return true
	}
}

func (s *stage) detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cursor != nil {
		s.cursor.CloseNow()
		s.cursor = nil
	}
}

// sendFrame may fail: the client may just be reconnecting, and frames are then lost as with ComfyUI.
func (s *stage) sendFrame(ctx context.Context, r record) {
	s.mu.Lock()
	c := s.cursor
	s.mu.Unlock()
	if c == nil {
		return
	}
	data, binary := r.wire(s.t)
	kind := websocket.MessageText
	if binary {
		kind = websocket.MessageBinary
	}
	_ = c.Write(ctx, kind, data)
	synctest.Wait() // so that what the client makes of one frame does not depend on the next
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method != http.MethodGet {
		s.mu.Lock()
		s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
		s.mu.Unlock()
	}
	id, isHistory := strings.CutPrefix(r.URL.Path, "/history/")
	switch {
	case r.URL.Path == "/ws":
		s.serveSocket(w, r)
	case r.URL.Path == "/prompt" && r.Method == http.MethodPost:
		s.servePost(w, r, body)
	case isHistory:
		s.serveHistory(w, id)
	case r.URL.Path == "/queue" && r.Method == http.MethodGet:
		s.serveQueue(w)
	case r.Method == http.MethodPost: // queue, interrupt, history, free: answered with an empty 200
	default:
		http.NotFound(w, r)
	}
}

func (s *stage) serveSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	if _, first, err := c.Read(r.Context()); err != nil || !strings.Contains(string(first), `"feature_flags"`) {
		s.t.Errorf("the first message was %q, %v", first, err)
		return
	}
	s.conns <- c
	for {
		if _, _, err := c.Read(context.Background()); err != nil {
			return
		}
	}
}

func (s *stage) servePost(w http.ResponseWriter, r *http.Request, body []byte) {
	var p struct {
		post
		ID string `json:"prompt_id"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		s.t.Errorf("POST /prompt: %v", err)
	}
	for _, rec := range s.records {
		if sent, ok := rec.post(); ok && rec.Status == 200 && rec.promptID() == p.ID {
			if !sameJSON(sent.Prompt, p.Prompt) {
				s.t.Errorf("the graph was changed on its way:\n%s\n%s", sent.Prompt, p.Prompt)
			}
			select {
			case s.posts <- p.ID:
			case <-r.Context().Done():
			}
			_, _ = w.Write(rec.body())
			return
		}
	}
	s.t.Errorf("no recorded submission of %s", p.ID)
}

func (s *stage) serveHistory(w http.ResponseWriter, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lives {
		if l.id == id && !l.gone && s.finished(l) {
			_ = json.NewEncoder(w).Encode(map[string]json.RawMessage{id: l.entry})
			return
		}
	}
	_, _ = w.Write([]byte("{}"))
}

func (s *stage) serveQueue(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := map[string][][]any{"queue_running": {}, "queue_pending": {}}
	for n, l := range s.lives {
		item := []any{n, l.id, l.graph, map[string]any{}, []string{}}
		switch {
		case s.at < l.posted || s.finished(l):
		case l.began >= 0 && s.at >= l.began:
			queue["queue_running"] = append(queue["queue_running"], item)
		default:
			queue["queue_pending"] = append(queue["queue_pending"], item)
		}
	}
	_ = json.NewEncoder(w).Encode(queue)
}

func (s *stage) finished(l *life) bool {
	since := s.since[l.id]
	return !since.IsZero() && time.Since(since) >= s.lag
}
