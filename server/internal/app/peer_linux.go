package app

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dropAfter makes the system give a connection up when what was sent has not been acknowledged for that long: a state
// stream whose peer has vanished would otherwise count as connected for a quarter of an hour.
func dropAfter(c net.Conn, silence time.Duration) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	// Where it cannot be set the system's own limit holds.
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence.Milliseconds()))
	})
}
