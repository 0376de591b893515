//go:build unix

package poster

import "syscall"

// stepBack has a process run when nothing else wants to.
func stepBack(pid int) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, pid, 19) } // else it runs as others do
