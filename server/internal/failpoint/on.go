//go:build torture

package failpoint

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

var (
	mu      sync.Mutex
	reached = map[string]int{} // how often, by line
)

// Reach lets happen what is to happen at a point.
func Reach(p Point) { _ = Fail(p) }

// Fail is the error that is to happen at a point, after the same.
func Fail(p Point) error {
	content, err := os.ReadFile(os.Getenv(Env))
	if err != nil {
		return nil // nothing is to happen
	}
	for line := range strings.Lines(string(content)) {
		var point, action string
		var skip, times int
		if _, err := fmt.Sscan(line, &point, &action, &skip, &times); err != nil {
			panic(fmt.Sprintf("line %q of %s: %v", line, os.Getenv(Env), err))
		}
		if Point(point) != p || !due(line, skip, times) {
			continue
		}
		if err := act(p, action); err != nil {
			return err
		}
	}
	return nil
}

func due(line string, skip, times int) bool {
	mu.Lock()
	defer mu.Unlock()
	reached[line]++
	n := reached[line] - skip
	return n > 0 && n <= times
}

func act(p Point, action string) error {
	switch action {
	case "exit":
		die()
	case "error":
		return fmt.Errorf("told to fail at %s", p)
	}
	pause, err := time.ParseDuration(action)
	if err != nil {
		panic(fmt.Sprintf("action %q at %s: %v", action, p, err))
	}
	time.Sleep(pause)
	return nil
}

// die ends the process as kill -9 does: nothing is closed, nobody is told.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}
