package process_test

import (
	"fmt"
	"os"
	"path/filepath"
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
	t.Cleanup(func() { p.Stop(t.Context(), 0) })
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
	found.Stop(t.Context(), time.Minute)
	<-p.Done()
	if _, ok := process.Find(p.ID()); ok {
		t.Error("found after its end")
	}
}

func TestFoundByItsArguments(t *testing.T) {
	args := []string{"-test.run", "none", t.TempDir()}
	p, err := process.Start(process.Spec{Path: os.Args[0], Args: args, Env: []string{"PROGRAM=sleeps"}, LogFile: filepath.Join(t.TempDir(), "program.log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(t.Context(), 0) })
	found, ok := process.FindByArgs(args)
	if !ok {
		t.Fatal("not found while running")
	}
	if found.ID() != p.ID() {
		t.Errorf("found %+v, started %+v", found.ID(), p.ID())
	}
	if _, ok := process.FindByArgs(args[:2]); ok {
		t.Error("found by a part of its arguments")
	}
	if _, ok := process.FindByArgs(nil); ok {
		t.Error("found without arguments")
	}
	found.Stop(t.Context(), time.Minute)
	if _, ok := process.FindByArgs(args); ok {
		t.Error("found after its end")
	}
}

func TestNoSuchProgram(t *testing.T) {
	_, err := process.Start(process.Spec{Path: "/no/such/program", LogFile: filepath.Join(t.TempDir(), "log")})
	if err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("got %v", err)
	}
}
