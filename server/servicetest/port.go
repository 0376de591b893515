package servicetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// firstPort and ports bound where free ports are looked for: below those that systems give to outgoing connections, so that
// nobody sits down on one while a program that comes and goes there is away.
const (
	firstPort = 20000
	ports     = 10000
)

var (
	givenMu sync.Mutex
	given   = map[int]bool{}
)

// FreePort returns a port of this machine that nobody listens on, and that this process was not given before.
func FreePort() (int, error) {
	givenMu.Lock()
	defer givenMu.Unlock()
	var last error
	for range 100 {
		port := firstPort + rand.IntN(ports)
		if given[port] {
			continue
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if last = err; err == nil {
			given[port] = true
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", last)
}
