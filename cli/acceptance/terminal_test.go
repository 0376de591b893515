//go:build !windows

package acceptance

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// terminal runs a program with a pseudo-terminal for all its streams.
func terminal(ts *testscript.TestScript, neg bool, args []string) {
	size := regexp.MustCompile(`^(\d+)x(\d+)$`)
	if neg || len(args) < 3 || !size.MatchString(args[0]) {
		ts.Fatalf("usage: terminal COLUMNSxROWS CODE [-expect PATTERN -send KEYS]... program args...")
	}
	var window pty.Winsize
	window.Cols, window.Rows = number(size.FindStringSubmatch(args[0])[1]), number(size.FindStringSubmatch(args[0])[2])
	wanted, args := args[1], args[2:]
	var steps []step
	for len(args) > 4 && args[0] == "-expect" && args[2] == "-send" {
		steps = append(steps, step{regexp.MustCompile(args[1]), keys.Replace(args[3])})
		args = args[4:]
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{
		"PATH", "HOME", "TZ", "TERM", "PS1", "NO_COLOR",
		"COMFYSCHED_SERVER", "COMFYSCHED_CONFIG_DIR", "COMFYSCHED_TOKEN", recordVariable,
	} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	file, err := pty.StartWithSize(cmd, &window)
	ts.Check(err)
	seen := watch(file)
	for _, s := range steps {
		if !seen.await(s.pattern) {
			_ = cmd.Process.Kill()
			ts.Fatalf("%s did not appear:\n%s", s.pattern, seen.text())
		}
		_, err := io.WriteString(file, s.keys)
		ts.Check(err)
	}
	hang := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	hang.Stop()
	<-seen.end
	_ = file.Close()
	text := strings.ReplaceAll(seen.text(), "\r\n", "\n")
	_, _ = io.WriteString(ts.Stdout(), text)
	ts.Logf("[terminal]\n%q", text)
	demand(ts, wanted, err)
}

// step is keys to type when something has appeared.
type step struct {
	pattern *regexp.Regexp
	keys    string
}

// keys are names for keys that have no letter.
var keys = strings.NewReplacer("<Ctrl-C>", "\x03", "<Down>", "\x1b[B", "<Right>", "\x1b[C", "<Enter>", "\r", "<Tab>", "\t")

func number(digits string) (n uint16) {
	for _, d := range digits {
		n = n*10 + uint16(d-'0')
	}
	return n
}

// screen is everything that has appeared on a terminal.
type screen struct {
	mu      sync.Mutex
	content strings.Builder
	more    chan struct{}
	end     chan struct{}
}

func watch(file *os.File) *screen {
	s := &screen{more: make(chan struct{}, 1), end: make(chan struct{})}
	go func() {
		defer close(s.end)
		for buf := make([]byte, 4096); ; {
			n, err := file.Read(buf)
			s.mu.Lock()
			s.content.Write(buf[:n])
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
			if err != nil { // the program has closed its side
				return
			}
		}
	}()
	return s
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.content.String()
}

// await reports whether a pattern appears in time.
func (s *screen) await(pattern *regexp.Regexp) bool {
	limit := time.After(patience)
	for !pattern.MatchString(s.text()) {
		select {
		case <-s.more:
		case <-s.end:
			return pattern.MatchString(s.text())
		case <-limit:
			return false
		}
	}
	return true
}
