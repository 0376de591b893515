package process

import (
	"os"
	"path/filepath"
	"strconv"
)

// Threads are the threads of a started program and of its children, as far as they are in its group; none when they cannot
// be told.
func Threads(id ID) map[int]bool {
	threads := map[int]bool{}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range processes {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if fields, err := status(pid); err != nil || fields[2] != strconv.Itoa(id.PID) { // its group
			continue
		}
		tasks, _ := os.ReadDir(filepath.Join("/proc", entry.Name(), "task")) // it may have ended meanwhile
		for _, task := range tasks {
			if number, err := strconv.Atoi(task.Name()); err == nil {
				threads[number] = true
			}
		}
	}
	return threads
}
