package process

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// born names a process's start by the machine's own clock, and the start of the machine that it counts from. The wall
// clock will not do: when it is set, every process seems to have started at another moment.
func born(pid int) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The name before the last parenthesis may hold anything. After it come the state and, as the 20th, the start.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat is too short", pid)
	}
	if state := fields[0]; state == "Z" || state == "X" {
		return "", errors.New("ended")
	}
	return strings.TrimSpace(string(boot)) + " " + fields[19], nil
}
