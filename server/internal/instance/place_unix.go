//go:build unix

package instance

import (
	"errors"
	"os"
	"syscall"
)

// fileIdentity is the disk that a file lies on, and its number there.
func fileIdentity(file *os.File) (device, number uint64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, errors.New("the system does not tell")
	}
	return uint64(stat.Dev), uint64(stat.Ino), nil //nolint:unconvert // other systems have other types
}
