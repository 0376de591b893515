//go:build !linux

package process

import (
	"errors"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/process"
)

// startTime names a process's start: these systems keep the moment as it was told when the process started.
func startTime(pid int) (string, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return "", err
	}
	if status, err := p.Status(); err == nil && len(status) > 0 && status[0] == process.Zombie {
		return "", errors.New("ended")
	}
	started, err := p.CreateTime()
	return strconv.FormatInt(started, 10), err
}

// stateOf returns the state of a process in words for people; empty when it cannot be read.
func stateOf(pid int) string {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return ""
	}
	states, err := p.Status()
	if err != nil {
		return ""
	}
	return strings.Join(states, ", ")
}
