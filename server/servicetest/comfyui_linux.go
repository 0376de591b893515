package servicetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
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
func onPort(number int) []int { return simulated(fmt.Appendf(nil, "--port\x00%d\x00", number)) }

// simulated returns the processes that run a simulated ComfyUI whose command line has a part.
func simulated(part []byte) (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well formed
	for _, entry := range entries {
		line, err := os.ReadFile(entry)
		if err != nil || !bytes.Contains(line, []byte("\x00simulate\x00")) || !bytes.Contains(line, part) {
			continue // it has ended meanwhile, or is something else
		}
		var pid int
		if _, err := fmt.Sscanf(entry, "/proc/%d/", &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// KillComfy ends every simulated ComfyUI of the site, also those that a test configured by itself, with its children, and waits
// until none of them writes any more.
func (s *Site) KillComfy() {
	pids := append(s.ComfyPIDs(), simulated([]byte("\x00"+s.Folder+"/"))...)
	for _, pid := range pids {
		if syscall.Kill(-pid, syscall.SIGKILL) != nil { // a test started it, in a group with others
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	}
	for _, pid := range pids {
		for hasThreads(pid) {
			time.Sleep(time.Millisecond)
		}
	}
}

// hasThreads reports whether a process that was killed still runs. Until its parent has taken note of its end one dead thread
// is left of it.
func hasThreads(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // the pattern is well formed
	return slices.ContainsFunc(threads, func(file string) bool {
		stat, err := os.ReadFile(file)
		_, state, found := bytes.Cut(stat, []byte(") "))
		return err == nil && found && state[0] != 'Z' && state[0] != 'X'
	})
}
