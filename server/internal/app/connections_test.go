package app

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestConnectionsBeyondTheBoundWaitForOthersToEnd(t *testing.T) {
	open := newConnections(2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	server.Listener = open.of(server.Listener)
	server.Config.ConnState = open.note
	server.Start()
	defer server.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	ask := func(c net.Conn) error {
		_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if err == nil {
			_, err = c.Read(make([]byte, 1000))
		}
		return err
	}
	first, second := dial(), dial()
	if err := ask(first); err != nil {
		t.Fatal(err)
	}
	if err := ask(second); err != nil {
		t.Fatal(err)
	}
	if n := len(open.slots); n != 2 {
		t.Errorf("%d connections are counted", n)
	}
	third, answered := dial(), make(chan error)
	go func() { answered <- ask(third) }()
	if err := ask(first); err != nil {
		t.Errorf("a connection that is open: %v", err)
	}
	select {
	case err := <-answered:
		t.Fatalf("one too many is answered: %v", err)
	default:
	}
	_ = second.Close()
	if err := <-answered; err != nil {
		t.Errorf("when another has ended: %v", err)
	}
}

func TestConnectionsLeaveFiles(t *testing.T) {
	for files, want := range map[int]int{0: 0, 64: 32, 200: 100, 1024: 896, 1 << 20: 1<<20 - spareFiles} {
		if got := mostConnections(files); got != want {
			t.Errorf("of %d files: %d, want %d", files, got, want)
		}
	}
}
