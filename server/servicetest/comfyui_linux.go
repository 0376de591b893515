package servicetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ComfyPIDs returns the processes that run a simulated ComfyUI on the site's port, or on that of any of its workers.
func (s *Site) ComfyPIDs() []int {
	pids := onPort(s.ComfyPort)
	for _, port := range s.Workers {
		pids = append(pids, onPort(port)...)
	}
	return pids
}

// ComfyPIDsOf returns the processes that run a worker's simulated ComfyUI.
func (s *Site) ComfyPIDsOf(worker string) []int { return onPort(s.Workers[worker]) }

// onPort returns the processes that run a simulated ComfyUI on a port.
func onPort(number int) (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well formed
	port := fmt.Appendf(nil, "--port\x00%d\x00", number)
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

// KillComfy ends every simulated ComfyUI of the site, with its children.
func (s *Site) KillComfy() {
	for _, pid := range s.ComfyPIDs() {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
