package dispatch

import (
	"runtime"
	"runtime/metrics"
)

// collectGarbage has garbage collected now if the runtime would do so before long: for some milliseconds it takes all processors,
// which the start of a slot must not wait for.
func collectGarbage() {
	heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	live, goal, now := heap[0].Value.Uint64(), heap[1].Value.Uint64(), heap[2].Value.Uint64()
	if 2*now > live+goal {
		runtime.GC()
	}
}
