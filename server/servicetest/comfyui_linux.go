package servicetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ComfyPIDs returns the processes that run a simulated ComfyUI on the site's port.
func (s *Site) ComfyPIDs() (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well formed
	port := fmt.Appendf(nil, "--port\x00%d\x00", s.ComfyPort)
	for _, entry := range entries {
		line, err := os.ReadFile(entry)
		if err != nil || !bytes.Contains(line, []byte("\x00simulate\x00")) || !bytes.Contains(line, port) {
			continue // it has ended meanwhile, or is something else
		}
		var pid int
		if _, err := fmt.Sscanf(entry, "/proc/%d/", &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// KillComfy ends every simulated ComfyUI on the site's port, with its children.
func (s *Site) KillComfy() {
	for _, pid := range s.ComfyPIDs() {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
