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
	"slices"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// Spec is what to start.
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
	p.id.Born, _ = born(p.id.PID) // empty when it has ended already: then nothing will look for it
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

// FindByArgs is the process that was started with exactly these arguments, if one is running: for a program whose ID
// could not be kept, because the service was killed as it started it.
func FindByArgs(args []string) (*Process, bool) {
	if len(args) == 0 {
		return nil, false
	}
	all, err := process.Processes()
	if err != nil {
		return nil, false
	}
	for _, p := range all {
		line, err := p.CmdlineSlice()
		if err != nil || len(line) == 0 || !slices.Equal(line[1:], args) {
			continue
		}
		if start, err := born(int(p.Pid)); err == nil {
			return Find(ID{PID: int(p.Pid), Born: start})
		}
	}
	return nil, false
}

// ID is the process's lasting name.
func (p *Process) ID() ID { return p.id }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit is how the process ended, once it has, for people.
func (p *Process) Exit() string {
	if p.exit == nil {
		return "exit status 0"
	}
	return p.exit.Error()
}

// Stop ends the process and all its children: by request, and when the grace is over or ctx ends, by force. It returns
// when the process has ended.
func (p *Process) Stop(ctx context.Context, grace time.Duration) {
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
	<-p.done
}

func alive(id ID) bool {
	start, err := born(id.PID)
	return err == nil && start == id.Born
}

// maxLog is the size from which on a log is put aside when the program starts, in bytes.
const maxLog = 20 << 20

func rotate(file string) {
	if info, err := os.Stat(file); err == nil && info.Size() > maxLog {
		_ = os.Rename(file, file+".1") // the log goes on in the old file if it cannot be
	}
}
