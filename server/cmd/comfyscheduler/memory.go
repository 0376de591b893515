package main

import (
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// What the service has of the memory, unless GOMEMLIMIT says otherwise: half of what the machine or the container has, since
// ComfyUI wants the rest.
const (
	memoryShare = 0.5
	leastMemory = 256 << 20
)

// growth is by how many percent of what is in use the heap grows before the collector runs, unless GOGC says otherwise: twice Go's
// own. What is in use is small (some 20 MiB with ten thousand jobs), and half as many collections make room for five percent more bookings.
const growth = 200

// limitMemory makes the collector work harder before the service takes more than its share. It is no bound: what is in use
// stays in use.
func limitMemory(log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
	_, err := memlimit.Set(memlimit.WithRatio(memoryShare), memlimit.WithMin(leastMemory),
		memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)))
	if err != nil {
		log.Warn("the memory has no limit, set GOMEMLIMIT to give it one", "err", err)
	}
}
