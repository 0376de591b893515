package conformance

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// proxy stands between the service and ComfyUI and can cut what goes through it.
type proxy struct {
	target string
	port   int

	mu       sync.Mutex
	sockets  map[net.Conn]bool // open connections; true for websockets
	clientID string            // of the latest websocket
	opened   int               // websockets so far
	refuse   func(websocket bool) bool
	gate     *gate
}

// gate holds up the next prompt that goes to ComfyUI.
type gate struct {
	reached, open chan struct{}
	once          sync.Once
}

// close puts up a gate; a prompt waits before it until it is opened.
func (p *proxy) close() *gate {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate = &gate{reached: make(chan struct{}), open: make(chan struct{})}
	return p.gate
}

// pass carries what goes to ComfyUI. A request comes in a piece of its own.
func (p *proxy) pass(onward io.Writer, from io.Reader) {
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		p.mu.Lock()
		gate := p.gate
		p.mu.Unlock()
		if gate != nil && bytes.HasPrefix(piece[:n], []byte("POST /prompt ")) {
			gate.once.Do(func() { close(gate.reached) })
			<-gate.open
		}
		if _, failed := onward.Write(piece[:n]); err != nil || failed != nil {
			return
		}
	}
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: target, port: l.Addr().(*net.TCPAddr).Port, sockets: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = l.Close()
		p.cut(func(bool) bool { return true })
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

// serve passes one connection on. The first request tells a websocket from the others.
func (p *proxy) serve(conn net.Conn) {
	defer conn.Close()
	var head bytes.Buffer
	request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &head)))
	if err != nil {
		return
	}
	websocket := strings.EqualFold(request.Header.Get("Upgrade"), "websocket")
	p.mu.Lock()
	refused := p.refuse != nil && p.refuse(websocket)
	if !refused {
		p.sockets[conn] = websocket
		if websocket {
			p.clientID = request.URL.Query().Get("clientId")
			p.opened++
		}
	}
	p.mu.Unlock()
	if refused {
		return
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.sockets, conn)
	}()
	onward, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer onward.Close()
	go func() {
		p.pass(onward, io.MultiReader(&head, conn))
		_ = onward.Close()
	}()
	_, _ = io.Copy(conn, onward)
}

// cut breaks the connections of a kind and lets no new one through until mend.
func (p *proxy) cut(which func(websocket bool) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = which
	for conn, websocket := range p.sockets {
		if which(websocket) {
			_ = conn.Close()
		}
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = nil
}

// websockets tells how many have been opened, and with which client id.
func (p *proxy) websockets() (opened int, clientID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened, p.clientID
}
