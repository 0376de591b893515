//go:build !linux && !windows

package process

// Threads cannot be told on these systems.
func Threads(ID) map[int]bool { return nil }
