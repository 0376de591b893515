package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// runLog is a file of every run's start and end, one JSON object a line: event ("start", "end"), prompt_id, pid, born (the start of
// the process, where the system tells it: a pid may come again), at (milliseconds since the Unix epoch) and, at the end, the outcome
// as the history has it ("success", "error") or "interrupted". A line is written before anybody can learn what it says, and outlives
// a kill of the process, so it proves afterwards which prompts ran. Nil keeps nothing.
type runLog struct {
	file *os.File
	born string
}

func openRunLog(path string) (*runLog, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("--run-log: %w", err)
	}
	return &runLog{file, born()}, nil
}

func (l *runLog) close() {
	if l != nil {
		l.file.Close()
	}
}

// write adds a line. A run must not go on without it.
func (l *runLog) write(event, promptID, outcome string) error {
	if l == nil {
		return nil
	}
	line, err := json.Marshal(struct {
		Event    string `json:"event"`
		PromptID string `json:"prompt_id"`
		PID      int    `json:"pid"`
		Born     string `json:"born,omitempty"`
		At       int64  `json:"at"`
		Outcome  string `json:"outcome,omitempty"`
	}{event, promptID, os.Getpid(), l.born, time.Now().UnixMilli(), outcome})
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("--run-log: %w", err)
	}
	return nil
}

// born is the start of this process, as Linux counts it; empty where it is not to be had.
func born() string {
	status, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(status[bytes.LastIndexByte(status, ')')+1:])) // the name before it may hold anything
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}
