package fleettest

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"go.uber.org/goleak"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator"
)

// Written are the files in the output folder.
func (r *Rig) Written() (files []string) {
	_ = filepath.WalkDir(filepath.Join(r.Dir, "data", "simulated", "output"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// Alive does not count a process that has ended and only waits for its parent to notice.
func Alive(pid int) bool {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return false
	}
	status, err := p.Status()
	return err == nil && status[0] != process.Zombie
}

// FreePort is one that nobody listens on.
func FreePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// Says fails unless a text has all parts.
func Says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

// Patience bounds every wait: what takes longer counts as not happening.
const Patience = 60 * time.Second

// Main runs the tests of a package, and fails when one of them leaves a goroutine behind. The test's own binary is the simulated
// ComfyUI.
func Main(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "simulate" {
		command := simulator.Command()
		command.SetArgs(os.Args[2:])
		if err := command.Execute(); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
