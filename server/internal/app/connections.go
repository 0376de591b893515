package app

import (
	"net"
	"net/http"
	"sync"
)

// spareFiles are the open files that connections leave for everything else: the store, pictures, ComfyUI.
const spareFiles = 128

// mostConnections keeps connections from using up the files that the process may have open. Where there are few, half of
// them are left.
func mostConnections(files int) int { return max(files-spareFiles, files/2) }

// connections bounds how many are open at a time. Those beyond wait until others end: whoever is connected goes on.
//
// It wraps no connection, as netutil.LimitListener does: what is set on the socket would be out of reach.
type connections struct {
	slots chan struct{} // nil: they are not bounded
}

func newConnections(most int) connections {
	if most == 0 {
		return connections{}
	}
	return connections{make(chan struct{}, most)}
}

// note gives back the place of a connection that has ended. It is for http.Server.ConnState.
func (c connections) note(_ net.Conn, state http.ConnState) {
	if c.slots != nil && (state == http.StateClosed || state == http.StateHijacked) {
		<-c.slots
	}
}

// of is a listener that takes no connection while there is no place for it.
func (c connections) of(l net.Listener) net.Listener {
	if c.slots == nil {
		return l
	}
	return &bounded{Listener: l, slots: c.slots, closed: make(chan struct{})}
}

type bounded struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	select {
	case b.slots <- struct{}{}:
	case <-b.closed:
		return nil, net.ErrClosed
	}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.slots
	}
	return c, err
}

// Close implements net.Listener.
func (b *bounded) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}
