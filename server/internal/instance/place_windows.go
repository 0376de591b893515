//go:build windows

package instance

import (
	"os"

	"golang.org/x/sys/windows"
)

// fileIdentity is the disk that a file lies on, and its number there.
func fileIdentity(file *os.File) (device, number uint64, err error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info); err != nil {
		return 0, 0, err
	}
	return uint64(info.VolumeSerialNumber), uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow), nil
}
