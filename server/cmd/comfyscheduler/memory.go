package main

import (
	"log/slog"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// What the service has of the memory, unless GOMEMLIMIT says otherwise: half of what the machine or the container has, since
// ComfyUI wants the rest.
const (
	memoryShare = 0.5
	leastMemory = 256 << 20
)

// limitMemory makes the collector work harder before the service takes more than its share. It is no bound: what is in use
// stays in use.
func limitMemory(log *slog.Logger) {
	_, err := memlimit.Set(memlimit.WithRatio(memoryShare), memlimit.WithMin(leastMemory),
		memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)))
	if err != nil {
		log.Warn("the memory has no limit, set GOMEMLIMIT to give it one", "err", err)
	}
}
