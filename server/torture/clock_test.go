//go:build linux

package torture_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

func (s *site) clockFile() string { return filepath.Join(s.Folder, "clock") }

// setClock lets the service's clock be off.
func (s *site) setClock(off time.Duration) {
	s.history.setClock(off, func() error { return replaceFile(s.clockFile(), off.String()) })
}

// replaceFile writes a file so that nobody reads half of it.
func replaceFile(file, content string) error {
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

const day = 24 * time.Hour

// jumps lists the offsets of clocks that are set wrong: by a correction of the network's time, by a wrong zone, by an empty battery.
var jumps = []time.Duration{800 * time.Millisecond, 5 * time.Second, 262 * time.Second, time.Hour, day, 3650 * day}

// jumpClock sets the clock wrong for a moment, and takes that back.
func (s *site) jumpClock(ctx context.Context, rng *rand.Rand) {
	off := jumps[rng.IntN(len(jumps))]
	if off < 10*day && rng.IntN(2) == 0 {
		off = -off
	}
	s.setClock(off)
	pause(ctx, time.Duration(200+rng.IntN(2800))*time.Millisecond)
	if rng.IntN(4) == 0 { // the service is started anew while the clock is wrong
		s.kill()
		pause(ctx, time.Duration(rng.IntN(1500))*time.Millisecond)
	}
	s.setClock(0)
}

// strobeClock sets the clock to and fro.
func (s *site) strobeClock(ctx context.Context, rng *rand.Rand) {
	off := jumps[rng.IntN(4)]
	for range 10 + rng.IntN(40) {
		s.setClock(off)
		pause(ctx, time.Duration(1+rng.IntN(60))*time.Millisecond)
		s.setClock(0)
		pause(ctx, time.Duration(1+rng.IntN(60))*time.Millisecond)
		off = -off
	}
}
