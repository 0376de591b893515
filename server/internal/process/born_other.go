//go:build !linux

package process

import (
	"errors"
	"strconv"

	"github.com/shirou/gopsutil/v4/process"
)

// born names a process's start: these systems keep the moment as it was told when the process started.
func born(pid int) (string, error) {
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
