package process

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// startTime names a process's start by the machine's own clock, and the start of the machine that it counts from. The wall
// clock will not do: when it is set, every process seems to have started at another moment.
func startTime(pid int) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	fields, err := status(pid)
	if err != nil {
		return "", err
	}
	if state := fields[0]; state == "Z" || state == "X" {
		return "", errors.New("ended")
	}
	return strings.TrimSpace(string(boot)) + " " + fields[19], nil
}

// stateOf returns the state of a process in words for people; empty when it cannot be read.
func stateOf(pid int) string {
	fields, err := status(pid)
	if err != nil {
		return ""
	}
	names := map[string]string{
		"R": "running",
		"S": "sleeping",
		"D": "uninterruptible sleep",
		"T": "stopped",
		"t": "being traced",
		"Z": "ended",
	}
	if name := names[fields[0]]; name != "" {
		return fields[0] + " (" + name + ")"
	}
	return fields[0]
}

// status is the process's line in /proc from its state on, which has the start as its 20th field.
func status(pid int) ([]string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	// The name before the last parenthesis may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("/proc/%d/stat is too short", pid)
	}
	return fields, nil
}
