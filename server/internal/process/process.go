// Package process starts a program that outlives the service when the service crashes, and finds it again afterwards. The
// program runs in a process group of its own and writes to a file: a pipe would break, and the program with it, when the
// service dies.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// Spec describes a program to start.
type Spec struct {
	Path    string
	Args    []string
	Dir     string   // working directory; empty: the service's own
	Env     []string // added to the service's own
	LogFile string   // takes the output, appended
}

// ID names a process for good: the pid alone is given to another process in time.
type ID struct {
	PID  int    `json:"pid"`
	Born string `json:"born"` // its start, as the system names it
}

// Process is a running or ended program.
type Process struct {
	id   ID
	done chan struct{}
	exit error // set before done is closed
}

// Start starts the program.
func Start(s Spec) (*Process, error) {
	if err := os.MkdirAll(filepath.Dir(s.LogFile), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the log: %w", err)
	}
	rotate(s.LogFile)
	log, err := os.OpenFile(s.LogFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = log.Close() }()
	command := exec.Command(s.Path, s.Args...)
	command.Dir, command.Env = s.Dir, append(os.Environ(), s.Env...)
	command.Stdout, command.Stderr = log, log
	ownGroup(command)
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Path, err)
	}
	p := &Process{id: ID{PID: command.Process.Pid}, done: make(chan struct{})}
	p.id.Born, _ = startTime(p.id.PID) // empty when it has ended already: then nothing will look for it
	go func() {
		p.exit = command.Wait()
		close(p.done)
	}()
	return p, nil
}

// Find is the process with this id, if it is still running.
func Find(id ID) (*Process, bool) {
	if !alive(id) {
		return nil, false
	}
	p := &Process{id: id, done: make(chan struct{})}
	go func() {
		// Only a parent is told of an end; whoever found the process has to look.
		for alive(id) {
			time.Sleep(250 * time.Millisecond)
		}
		p.exit = errors.New("it ended")
		close(p.done)
	}()
	return p, true
}

// Marked is a running process that was started with a certain variable in its environment.
type Marked struct {
	ID    ID
	Value string // of the variable
	Args  []string
}

// FindMarked lists the first processes of all groups that have the variable in their environment: for a program whose ID
// could not be kept, because the service was killed as it started it or the disk was full. Processes that cannot be asked,
// such as those of other users, are left out.
func FindMarked(variable string) (found []Marked) {
	all, err := process.Processes()
	if err != nil {
		return nil
	}
	for _, p := range all {
		environment, err := p.Environ()
		if err != nil || !leadsGroup(int(p.Pid)) {
			continue
		}
		for _, entry := range environment {
			value, ok := strings.CutPrefix(entry, variable+"=")
			if !ok {
				continue
			}
			args, err := p.CmdlineSlice()
			start, bornErr := startTime(int(p.Pid))
			if err == nil && bornErr == nil {
				found = append(found, Marked{ID: ID{PID: int(p.Pid), Born: start}, Value: value, Args: args})
			}
			break
		}
	}
	return found
}

// ID is the process's lasting name.
func (p *Process) ID() ID { return p.id }

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitedWell is the value of Exit for a process that ended with code 0.
const ExitedWell = "exit status 0"

// Exit returns how the process ended in words for people. Call it after Done is closed.
func (p *Process) Exit() string {
	if p.exit == nil {
		return ExitedWell
	}
	return p.exit.Error()
}

// killLimit bounds the wait for the end of a killed process. One that does not hangs in the system itself: in the driver of the
// GPU, say.
const killLimit = 4 * time.Second

// StuckError says that a process cannot be ended.
type StuckError struct {
	PID   int
	State string // as the system names it; empty: unknown
}

func (e *StuckError) Error() string {
	text := fmt.Sprintf("pid %d cannot be ended", e.PID)
	if e.State != "" {
		text += ", state " + e.State
	}
	return text
}

// Stop ends the process and all its children: by request, and when the grace is over or ctx ends, by force. It returns
// when the process has ended, or with *StuckError when that takes longer than a killed process may take.
func (p *Process) Stop(ctx context.Context, grace time.Duration) error {
	select {
	case <-p.done:
	default:
		interrupt(p.id)
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	kill(p.id) // also when it has ended: children may be left
	timer.Reset(killLimit)
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		return &StuckError{PID: p.id.PID, State: stateOf(p.id.PID)}
	}
}

func alive(id ID) bool {
	start, err := startTime(id.PID)
	return err == nil && start == id.Born
}
