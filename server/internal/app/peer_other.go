//go:build !linux

package app

import (
	"net"
	"time"
)

// dropAfter has no equivalent here; keep-alive probes find a peer that has vanished while nothing is being sent.
func dropAfter(net.Conn, time.Duration) {}
