//go:build !linux

package simulator

// onMainThread cannot be told here. Which thread ends is looked at on Linux alone.
func onMainThread() bool { return false }
