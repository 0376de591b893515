package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// The test's own binary is the program that is started.
func TestMain(m *testing.M) {
	switch os.Getenv("PROGRAM") {
	case "":
		os.Exit(m.Run())
	case "says hello":
		fmt.Println("\x1b[32mhello\x1b[0m")
		fmt.Fprintln(os.Stderr, "10%\r55%\r100%")
		os.Exit(3)
	case "sleeps":
		time.Sleep(time.Hour)
	}
}

func start(t *testing.T, program string) (*process.Process, string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "logs", "program.log")
	p, err := process.Start(process.Spec{Path: os.Args[0], Env: []string{"PROGRAM=" + program}, LogFile: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(t.Context(), 0) })
	return p, log
}

func TestOutputAndExit(t *testing.T) {
	p, log := start(t, "says hello")
	<-p.Done()
	if p.Exit() != "exit status 3" {
		t.Errorf("exit: %s", p.Exit())
	}
	if lines := strings.Join(process.Tail(log, 10), "|"); lines != "hello|100%" {
		t.Errorf("log: %s", lines)
	}
	if lines := process.Tail(log, 1); len(lines) != 1 {
		t.Errorf("last line: %q", lines)
	}
}

func TestFoundAgain(t *testing.T) {
	p, _ := start(t, "sleeps")
	found, ok := process.Find(p.ID())
	if !ok {
		t.Fatal("not found while running")
	}
	if _, ok := process.Find(process.ID{PID: p.ID().PID, Born: p.ID().Born + "1"}); ok {
		t.Error("another process with the same pid was taken for it")
	}
	if err := found.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if _, ok := process.Find(p.ID()); ok {
		t.Error("found after its end")
	}
}

func TestFoundByItsEnvironment(t *testing.T) {
	const variable = "PROCESS_TEST_MARK"
	mark := t.TempDir()
	p, err := process.Start(process.Spec{
		Path:    os.Args[0],
		Args:    []string{"-test.run", "none"},
		Env:     []string{"PROGRAM=sleeps", variable + "=" + mark},
		LogFile: filepath.Join(t.TempDir(), "program.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(t.Context(), 0) })
	marked := func() (found []process.Marked) {
		for _, m := range process.FindMarked(variable) {
			if m.Value == mark {
				found = append(found, m)
			}
		}
		return found
	}
	if found := marked(); len(found) != 1 || found[0].ID != p.ID() || !slices.Equal(found[0].Args[1:], []string{"-test.run", "none"}) {
		t.Errorf("found %+v, started %+v", found, p.ID())
	}
	if err := p.Stop(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if found := marked(); len(found) != 0 {
		t.Errorf("found after its end: %+v", found)
	}
}

func TestNoSuchProgram(t *testing.T) {
	_, err := process.Start(process.Spec{Path: "/no/such/program", LogFile: filepath.Join(t.TempDir(), "log")})
	if err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("got %v", err)
	}
}
