//go:build linux

package torture_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
)

func (s *site) failpointFile() string { return filepath.Join(s.folder, "failpoints") }

// isArmed reports whether something is to happen at a failpoint.
func (s *site) isArmed() bool {
	_, err := os.Stat(s.failpointFile())
	return err == nil
}

// armFailpoint lets something happen at one place in the service, sooner or later, for a few seconds.
func (t *tormentor) armFailpoint(ctx context.Context) {
	points := []failpoint.Point{failpoint.BeforeCommit, failpoint.Committed, failpoint.Claimed, failpoint.Posted, failpoint.Unwritten}
	point := points[t.rng.IntN(len(points))]
	action, skip, times := "exit", t.rng.IntN(3), 1
	switch dice := t.rng.Float64(); {
	case point == failpoint.BeforeCommit:
		action, skip, times = "error", t.rng.IntN(20), 1+t.rng.IntN(6)
	case dice < 0.3:
		action, times = t.upTo(700*time.Millisecond).String(), 3
	}
	if point == failpoint.Committed {
		skip = t.rng.IntN(40)
	}
	t.mu.Lock()
	t.armed = true
	t.mu.Unlock()
	line := fmt.Sprintf("%s %s %d %d\n", point, action, skip, times)
	err := replaceFile(t.failpointFile(), line)
	t.history.incident("failpoint armed", 0, line)
	began, until := t.lifeCount(), time.Now().Add(500*time.Millisecond+t.upTo(2*time.Second))
	for time.Now().Before(until) && t.lifeCount() == began && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
	}
	if err = errors.Join(err, os.Remove(t.failpointFile())); err != nil {
		t.history.violation(err.Error())
	}
}
