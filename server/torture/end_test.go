//go:build linux

package torture_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// judgeEnd says whether the service may have ended as it did.
func (s *site) judgeEnd(l *life, waitErr error) {
	content, err := os.ReadFile(l.log)
	if err != nil {
		s.history.violation(err.Error())
		return
	}
	pid := l.process.PID()
	how := "exit status 0"
	if waitErr != nil {
		how = waitErr.Error()
	}
	s.history.incident("service ended", pid, how)
	for _, word := range []string{"panic: ", "panic in", "fatal error: ", "DATA RACE", "slots would overlap"} {
		if bytes.Contains(content, []byte(word)) {
			s.history.violation(fmt.Sprintf("the log %s holds %q", filepath.Base(l.log), word))
		}
	}
	if s.endedWell(l, waitErr, content) {
		return
	}
	if bytes.Contains(content, []byte("is taken by")) {
		s.signalComfy(syscall.SIGKILL, "ended, nobody owns it") // or the torture is over
	}
	s.history.violation(fmt.Sprintf("the service (%s, told to end by %q) ended with %s:\n%s",
		filepath.Base(l.log), l.asked, how, tail(content)))
}

func (s *site) endedWell(l *life, waitErr error, content []byte) bool {
	pid := l.process.PID()
	if l.armed && waitErr != nil && waitErr.Error() == "signal: killed" && l.asked != "SIGKILL" {
		s.history.incident("service killed at a failpoint", pid, "")
		s.kills.Add(1)
		return true
	}
	switch l.asked {
	case "SIGKILL":
		return true
	case "SIGTERM":
		if waitErr == nil {
			s.judgeStop(l)
		}
		return waitErr == nil || l.full || l.armed || len(content) == 0 // told before it could listen: nothing had begun
	}
	// Until the first boot is over ComfyUI's death is the service's: whoever starts it hears of it.
	if bytes.Contains(content, []byte("ComfyUI is not ready")) && (bytes.Contains(content, []byte("ComfyUI ended")) || l.died) {
		s.history.incident("boot failed", pid, "")
		return true
	}
	if l.full || l.armed {
		s.history.incident("boot failed on a full disk", pid, "")
		time.Sleep(100 * time.Millisecond) // a service manager would wait too
		return true
	}
	return false
}

// judgeStop: a clean stop leaves no ComfyUI of its own, unless an outcome could not be written that only ComfyUI knows.
func (s *site) judgeStop(l *life) {
	if len(l.left) > 0 && !l.full && !l.armed {
		s.history.violation(fmt.Sprintf("ComfyUI %v outlives a clean stop (%s)", l.left, filepath.Base(l.log)))
	}
}

func tail(content []byte) string { return string(content[max(0, len(content)-1500):]) }
