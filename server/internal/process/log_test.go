package process_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// appender is a log as a started program has it open.
func appender(t *testing.T) (log string, write func(string)) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "program.log")
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return log, func(text string) {
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFollowedLog(t *testing.T) {
	log, write := appender(t)
	follower := process.Follower{File: log}
	want := func(lines ...string) {
		t.Helper()
		if got := strings.Join(follower.Next(), "|"); got != strings.Join(lines, "|") {
			t.Errorf("read %q, want %q", got, lines)
		}
	}
	want()
	write(strings.Repeat("long ago\n", 100_000) + "one\n10%\rtwo\npart")
	if lines := follower.Next(); len(lines) > 40_000 || lines[len(lines)-1] != "two" {
		t.Errorf("%d lines at first", len(lines))
	}
	want()
	write("ial\n\n")
	want("partial")
	if err := os.Truncate(log, 0); err != nil {
		t.Fatal(err)
	}
	write("anew\n")
	want("anew")
}

func TestLogOfARunningProgramIsPutAside(t *testing.T) {
	log, write := appender(t)
	write("short\n")
	if err := process.RotateLog(log); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(log + ".1"); err == nil {
		t.Error("a short one was put aside")
	}
	write(strings.Repeat("x", 21<<20) + "\nthe end\n")
	for range 2 { // the second has nothing to do
		if err := process.RotateLog(log); err != nil {
			t.Fatal(err)
		}
	}
	write("afterwards\n")
	if data, err := os.ReadFile(log); err != nil || string(data) != "afterwards\n" {
		t.Errorf("the log: %.100q (%v)", data, err)
	}
	if data, err := os.ReadFile(log + ".1"); err != nil || !bytes.HasPrefix(data, []byte("short\n")) ||
		!bytes.HasSuffix(data, []byte("the end\n")) {
		t.Errorf("put aside: %d bytes (%v)", len(data), err)
	}
}
