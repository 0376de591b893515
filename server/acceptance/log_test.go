//go:build linux

package acceptance_test

import (
	"strings"
	"testing"
)

func TestLogLevel(t *testing.T) {
	alone(t)
	t.Parallel()
	t.Run("debug", func(t *testing.T) {
		s := newSite(t)
		s.Args = []string{"--log-level", "debug"}
		s.start().says(`level=DEBUG msg="websocket to ComfyUI open"`)
	})
	t.Run("by default", func(t *testing.T) {
		if log := newSite(t).start().log.String(); strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "level=INFO") {
			t.Errorf("the log of a start:\n%s", log)
		}
	})
	t.Run("warn", func(t *testing.T) {
		s := newSite(t)
		s.Args = []string{"--log-level", "warn"}
		if log := s.start().log.String(); strings.Contains(log, "level=INFO") {
			t.Errorf("the log of a start:\n%s", log)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		s := newSite(t)
		s.Args = []string{"--log-level", "loud"}
		wantAll(t, s.fails(), "--log-level", "use one of debug, info, warn, error")
	})
}
