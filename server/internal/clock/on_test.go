//go:build torture

package clock_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
)

func TestClockIsSetAndTakenBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clock")
	t.Setenv(clock.Env, file)
	synctest.Test(t, func(t *testing.T) {
		for _, off := range []time.Duration{0, time.Hour, -24 * time.Hour, 10 * 365 * 24 * time.Hour, 0} {
			if err := os.WriteFile(file, []byte(off.String()+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Millisecond)
			if got, want := clock.Now(), time.Now().Add(off); !got.Equal(want) {
				t.Errorf("the clock says %v, want %v", got, want)
			}
		}
	})
}
