//go:build unix

package servicetest

import (
	"os"
	"syscall"
)

// executable is the ending of a program's name.
const executable = ""

// stop is the signal that asks the service for a clean end.
var stop os.Signal = syscall.SIGTERM
