package process

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Threads are the threads of a started program and of its children; none when they cannot be told.
func Threads(id ID) map[int]bool {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS|windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(snapshot) }()
	parents := map[uint32]uint32{}
	process := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err := windows.Process32First(snapshot, &process); err == nil; err = windows.Process32Next(snapshot, &process) {
		parents[process.ProcessID] = process.ParentProcessID
	}
	threads := map[int]bool{}
	thread := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err := windows.Thread32First(snapshot, &thread); err == nil; err = windows.Thread32Next(snapshot, &thread) {
		// A number may have been given again, so that parents may go round in a circle: few steps are enough.
		for pid, steps := thread.OwnerProcessID, 0; pid != 0 && steps < 8; pid, steps = parents[pid], steps+1 {
			if pid == uint32(id.PID) {
				threads[int(thread.ThreadID)] = true
				break
			}
		}
	}
	return threads
}
