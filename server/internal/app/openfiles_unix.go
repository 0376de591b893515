//go:build unix

package app

import "golang.org/x/sys/unix"

// openFiles gives the number of files that the process may have open; 0: nothing bounds it that is known.
func openFiles() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || limit.Cur > 1<<24 {
		return 0
	}
	return int(limit.Cur)
}
