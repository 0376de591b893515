package launch_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
)

func TestLogOfARunningComfyUIIsPutAside(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	log := filepath.Join(r.Dir, "data", "comfyui-gpu.log")
	file, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(21<<20), file.Close()); err != nil {
		t.Fatal(err)
	}
	r.Eventually("it is put aside", func() bool {
		info, err := os.Stat(log)
		return err == nil && info.Size() < 1<<20
	})
	if o := w.RunJob(r.NewJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	if data, err := os.ReadFile(log); err != nil || !bytes.HasPrefix(data, []byte("got prompt")) {
		t.Errorf("the log afterwards: %.100q (%v)", data, err)
	}
}
