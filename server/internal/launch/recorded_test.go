//go:build unix

package launch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
)

// ending is a recorded end of a real ComfyUI's process.
type ending struct {
	Event string
	Code  *int `json:"exit_code"` // below zero: the signal that ended it
	Log   struct{ Stdout, Stderr []string }
}

// exit returns the end in the words of the engine.
func (e ending) exit() string {
	if *e.Code < 0 {
		return "signal: " + syscall.Signal(-*e.Code).String()
	}
	return fmt.Sprintf("exit status %d", *e.Code)
}

// endings reads all from the recordings.
func endings(t *testing.T) (list []ending) {
	t.Helper()
	files, err := filepath.Glob("../comfy/testdata/recordings/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			var r struct {
				Dir string
				ending
				Tail json.RawMessage `json:"log_tail"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if r.Dir != "process" || r.Code == nil {
				continue
			}
			if err := json.Unmarshal(r.Tail, &r.Log); err != nil {
				t.Fatal(err)
			}
			list = append(list, r.ending)
		}
	}
	if len(list) == 0 {
		t.Fatal("nothing recorded")
	}
	return list
}

// Each recorded ComfyUI that ended, however it did, is told to the operator by its last words.
func TestEveryRecordedEndAtTheStart(t *testing.T) {
	t.Parallel()
	for _, e := range endings(t) {
		t.Run(e.Event, func(t *testing.T) {
			r := fleettest.New(t)
			script := "#!/bin/sh\ncat <<'WORDS' >&2\n" + strings.Join(append(e.Log.Stdout, e.Log.Stderr...), "\n") + "\nWORDS\n"
			if *e.Code < 0 {
				script += fmt.Sprintf("kill -%d $$\n", -*e.Code)
			} else {
				script += fmt.Sprintf("exit %d\n", *e.Code)
			}
			for name, text := range map[string]string{"python": script, "main.py": ""} {
				if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			r.Configuration["comfy_ui"] = map[string]any{
				"installation_type": "local",
				"root_path":         ".",
				"python_executable": "./python",
				"output_dir":        "output",
				"api_port":          fleettest.FreePort(t),
			}
			w := r.Worker()
			err := w.Boot(w.Ctx)
			if err == nil {
				t.Fatal("it started")
			}
			fleettest.Says(t, err.Error(), "ComfyUI ended ("+e.exit()+"); its last lines:")
			fleettest.Says(t, err.Error(), e.Log.Stderr...)
		})
	}
}

// One that ends in mid-run takes the run with it, whichever signal it was.
func TestEveryRecordedEndInMidRun(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, e := range endings(t) {
		name, isMidRun := strings.CutSuffix(e.Event, " mid-run")
		if !isMidRun {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			signal := map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL}[name]
			r := fleettest.New(t)
			w := r.Boot()
			outcome := w.BeginJob(r.NewJob("a fox [[slow=1s]]"))
			fleettest.Kill(t, w.PID(), signal)
			if o := <-outcome; o.Verdict != dispatch.Lost || o.Reason != "ComfyUI ended ("+e.exit()+") in mid-run" {
				t.Errorf("outcome: %+v, recorded: %s", o, e.exit())
			}
		})
	}
	if seen != 3 {
		t.Errorf("%d recorded", seen)
	}
}
