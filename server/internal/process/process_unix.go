//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps signals to the service, a Ctrl-C among them, from the program.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func interrupt(id ID) { signal(id, syscall.SIGINT) }

func kill(id ID) { signal(id, syscall.SIGKILL) }

// signal reaches the whole group, which has the pid of its first process. The group keeps that number from being given
// away while any process of it lives.
func signal(id ID, s syscall.Signal) {
	_ = syscall.Kill(-id.PID, s) // nobody left is as good as told
}

// leadsGroup reports whether the process is the first of its group, as a started program is and its children are not.
func leadsGroup(pid int) bool {
	group, err := syscall.Getpgid(pid)
	return err == nil && group == pid
}
