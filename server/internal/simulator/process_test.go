package simulator_test

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// process is a simulator in a process of its own: this test binary, run by TestMain.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	log  *record // stderr
}

func spawn(t *testing.T, flags ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, base: t.TempDir(), log: newRecord()}
	p.cmd = exec.Command(executable, slices.Concat(fast, []string{"--base-directory", p.base}, flags)...)
	p.cmd.Env = append(os.Environ(), "SIMULATE=1")
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

func (p *process) interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Skipf("no interrupt signal here: %v", err)
	}
}

// exitCode waits for the end.
func (p *process) exitCode() int {
	p.t.Helper()
	late := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	err := p.cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}
