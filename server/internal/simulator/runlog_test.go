package simulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ran reads a run log: event, prompt and outcome of each line.
func ran(t *testing.T, file string) (lines [][3]string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(content)) {
		var line struct {
			Event, Outcome string
			PromptID       string `json:"prompt_id"`
			PID            int
			Born           string
			At             int64
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil || line.PID == 0 || line.At == 0 {
			t.Fatalf("line %q (%v)", text, err)
		}
		if runtime.GOOS == "linux" && line.Born == "" {
			t.Errorf("line %q does not say when the process started", text)
		}
		lines = append(lines, [3]string{line.Event, line.PromptID, line.Outcome})
	}
	return lines
}

func TestRunLogTellsStartAndEnd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	c := start(t, "--run-log", file)
	good, bad, long := c.submit(simple(1, "good")), c.submit(klein(t, "[[fail]]", "1")), c.submit(endless(t))
	c.finished(bad)
	for at(c.get("/history/"+long), long) == nil {
		c.post("/interrupt", object{"prompt_id": long}) // it may not have begun the first time
	}
	want := [][3]string{
		{"start", good, ""},
		{"end", good, "success"},
		{"start", bad, ""},
		{"end", bad, "error"},
		{"start", long, ""},
		{"end", long, "interrupted"},
	}
	if diff := cmp.Diff(want, ran(t, file)); diff != "" {
		t.Error(diff)
	}
}

// What a process that died has run stays known, and the next one goes on in the same file.
func TestRunLogOutlivesTheProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	first := spawn(t, "--run-log", file)
	host := first.log.await(t, `GUI go to: http://(\S+)`)
	c := &comfy{t: t, base: first.base, host: host, log: first.log}
	died := c.submit(klein(t, "[[crash]]", "1"))
	first.exitCode()
	second := start(t, "--run-log", file)
	ended := second.submit(simple(1, "again"))
	second.finished(ended)
	want := [][3]string{{"start", died, ""}, {"start", ended, ""}, {"end", ended, "success"}}
	if diff := cmp.Diff(want, ran(t, file)); diff != "" {
		t.Error(diff)
	}
}
