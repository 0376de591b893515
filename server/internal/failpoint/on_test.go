//go:build torture

package failpoint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
)

// told writes what is to happen into the file that the process looks at.
func told(t *testing.T, lines string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "failpoints")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(failpoint.Env, file)
}

func TestNothingHappensUntold(t *testing.T) {
	if err := failpoint.Fail(failpoint.Committed); err != nil {
		t.Error(err)
	}
	told(t, "store/committed error 0 9\n")
	if err := failpoint.Fail(failpoint.Posted); err != nil {
		t.Error(err)
	}
}

func TestErrorComesAsOftenAsTold(t *testing.T) {
	told(t, "store/before-commit error 2 3\n")
	var failed []bool
	for range 7 {
		failed = append(failed, failpoint.Fail(failpoint.BeforeCommit) != nil)
	}
	for i, want := range []bool{false, false, true, true, true, false, false} {
		if failed[i] != want {
			t.Errorf("hit %d: failed is %v", i+1, failed[i])
		}
	}
}

func TestItSleeps(t *testing.T) {
	told(t, "dispatch/claimed 3s 0 1\n")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		failpoint.Reach(failpoint.Claimed)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("slept for %v", took)
		}
	})
}

func TestExitIsAKill(t *testing.T) {
	if os.Getenv("FAILPOINT_TEST_DIES") != "" {
		failpoint.Reach(failpoint.Posted)
		t.Fatal("it lives")
	}
	told(t, "worker/posted exit 0 1\n")
	command := exec.Command(os.Args[0], "-test.run=^TestExitIsAKill$")
	command.Env = append(os.Environ(), "FAILPOINT_TEST_DIES=1")
	if err := command.Run(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("it ended with %v", err)
	}
}
