//go:build linux

package torture_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
)

func (s *site) failpointFile() string { return filepath.Join(s.Folder, "failpoints") }

// isArmed reports whether something is to happen at a failpoint.
func (s *site) isArmed() bool {
	_, err := os.Stat(s.failpointFile())
	return err == nil
}

// at is a line of what is to happen at a failpoint.
func at(p failpoint.Point, action string, skip, times int) string {
	return fmt.Sprintf("%s %s %d %d\n", p, action, skip, times)
}

// armFailpoint lets something happen at one place in the service.
func (t *tormentor) armFailpoint(ctx context.Context) {
	what := "exit"
	if t.rng.IntN(3) == 0 {
		what = t.upTo(700 * time.Millisecond).String()
	}
	switch point := []failpoint.Point{
		failpoint.BeforeCommit, failpoint.Committed, failpoint.Claimed, failpoint.Posted, failpoint.Unwritten,
	}[t.rng.IntN(5)]; point {
	case failpoint.BeforeCommit:
		t.whileArmed(ctx, 2*time.Second, at(point, "error", t.rng.IntN(20), 1+t.rng.IntN(6)))
	case failpoint.Committed:
		t.whileArmed(ctx, 2*time.Second, at(point, what, t.rng.IntN(40), 1+t.rng.IntN(3)))
	case failpoint.Unwritten:
		t.ambush(ctx, "[[slow=80ms]]", func(job, func() bool) {
			t.whileArmed(ctx, 4*time.Second, at(failpoint.BeforeCommit, "error", 0, 20), at(point, what, t.rng.IntN(2), 1))
		})
	default:
		if own, ok := t.setBait(ctx, ""); ok {
			t.whileArmed(ctx, time.Until(time.UnixMilli(own.Start))+time.Second, at(point, what, 0, 1))
		}
	}
}

// whileArmed lets things happen at failpoints for a while, or until the service ends of it.
func (t *tormentor) whileArmed(ctx context.Context, d time.Duration, lines ...string) {
	t.mu.Lock()
	t.armed = true
	t.mu.Unlock()
	began, until := t.lifeCount(), time.Now().Add(d)
	err := replaceFile(t.failpointFile(), strings.Join(lines, ""))
	t.history.incident("failpoint armed", 0, strings.Join(lines, ""))
	for time.Now().Before(until) && t.lifeCount() == began && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
	}
	if err = errors.Join(err, os.Remove(t.failpointFile())); err != nil {
		t.history.violation(err.Error())
	}
}
