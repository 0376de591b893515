package dispatch_test

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

var garbage []byte

// asked counts the collections that were not the runtime's own idea.
func asked() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumForcedGC
}

func TestGarbageIsCollectedBeforeASlotWhenThereIsMuch(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // the runtime itself collects nothing here
	within(t, nil, func(b *bench) {
		runtime.GC()
		before := asked()
		b.book(5000, 1000)
		time.Sleep(5500 * time.Millisecond)
		if n := asked() - before; n != 0 {
			t.Errorf("%d collections with little garbage", n)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		for used := uint64(0); used < m.NextGC*6/10; used += 1 << 16 {
			garbage = make([]byte, 1<<16)
		}
		b.book(5000, 1000)
		time.Sleep(4500 * time.Millisecond)
		if n := asked() - before; n != 0 {
			t.Errorf("%d collections long before the slot", n)
		}
		time.Sleep(450 * time.Millisecond)
		if n := asked() - before; n != 1 {
			t.Errorf("%d collections just before the slot", n)
		}
	})
}
