//go:build unix

package app

import "syscall"

const errInUse = syscall.EADDRINUSE
