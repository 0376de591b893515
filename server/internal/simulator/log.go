package simulator

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// keptLines is the number of writes that /internal/logs remembers.
const keptLines = 300

// logbook writes the log, all of it to stderr as ComfyUI does, and remembers the end.
type logbook struct {
	mu   sync.Mutex
	out  io.Writer
	tail []logLine
}

type logLine struct {
	Time string `json:"t"`
	Text string `json:"m"`
}

// logf writes a line.
func (l *logbook) logf(format string, args ...any) { l.print(fmt.Sprintf(format, args...) + "\n") }

// print writes text as it is.
func (l *logbook) print(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	io.WriteString(l.out, text)
	if len(l.tail) == keptLines {
		l.tail = l.tail[1:]
	}
	l.tail = append(l.tail, logLine{time.Now().Format("2006-01-02T15:04:05.000000"), text})
}

func (l *logbook) lines() []logLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]logLine{}, l.tail...)
}

func (s *server) logs(w http.ResponseWriter, _ *http.Request) error {
	var text strings.Builder
	for _, line := range s.lines() {
		text.WriteString(line.Time + " - " + line.Text)
	}
	return answer(w, http.StatusOK, text.String())
}

func (s *server) rawLogs(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, object{"entries": s.lines(), "size": object{"cols": 80, "rows": 24}})
}
