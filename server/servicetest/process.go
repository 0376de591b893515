package servicetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Process is one life of a program that says on its standard output where it listens.
type Process struct {
	command *exec.Cmd
	log     io.Writer
	began   time.Time
	opened  chan struct{} // closed when the address is known
	url     string        // set before opened is closed
	took    time.Duration // the same
	ended   chan struct{} // closed when the process is gone
	err     error         // set before ended is closed
}

// Start starts a program. Its standard error goes to log. The caller ends it with Stop or Kill, or waits on Ended.
func Start(command *exec.Cmd, log io.Writer) (*Process, error) {
	command.Stderr = log
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &Process{command: command, log: log, began: time.Now(), opened: make(chan struct{}), ended: make(chan struct{})}
	if err := command.Start(); err != nil {
		return nil, err
	}
	go p.follow(out)
	return p, nil
}

// follow reads the output to its end, then waits for the end of the process.
func (p *Process) follow(out io.Reader) {
	open := sync.OnceFunc(func() { close(p.opened) })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, url, ok := strings.Cut(lines.Text(), "is at "); ok && p.url == "" {
			p.url, p.took = strings.TrimSpace(url), time.Since(p.began)
			open()
		}
	}
	p.err = p.command.Wait()
	close(p.ended)
}

// Address returns the service's address once its port is open. It fails when the process ends before, or ctx does; the error
// holds the log where that can be read.
func (p *Process) Address(ctx context.Context) (string, error) {
	select {
	case <-p.opened:
		return p.url, nil
	case <-p.ended:
		select {
		case <-p.opened: // it said where it was, and ended
			return p.url, nil
		default:
			return "", fmt.Errorf("the service ended before its port was open (%v)%s", p.err, p.said())
		}
	case <-ctx.Done():
		return "", fmt.Errorf("the service has not opened its port: %w%s", ctx.Err(), p.said())
	}
}

// Took returns the time from the start to the open port. Valid after Address has returned one.
func (p *Process) Took() time.Duration { return p.took }

// PID returns the process id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Wait waits until the process is gone, and returns how it ended: nil for exit code 0.
func (p *Process) Wait() error {
	<-p.ended
	return p.err
}

// ExitCode waits until the process is gone, and returns its exit code: -1 when a signal ended it.
func (p *Process) ExitCode() int {
	<-p.ended
	return p.command.ProcessState.ExitCode()
}

// Signal sends a signal and does not wait.
func (p *Process) Signal(signal os.Signal) error { return p.command.Process.Signal(signal) }

// Kill ends the process at once, as a crash does, and waits until it is gone. It may have ended before.
func (p *Process) Kill() {
	_ = p.Signal(os.Kill)
	<-p.ended
}

// Stop asks for a clean end and waits for it, and returns how the process ended. When ctx ends before, the process is killed
// and the error says so.
func (p *Process) Stop(ctx context.Context) error {
	_ = p.Signal(stop) // it may have ended
	select {
	case <-p.ended:
		return p.err
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("the service did not stop: %w%s", ctx.Err(), p.said())
	}
}

// said is the log for an error, where it is kept in memory or in a file.
func (p *Process) said() string {
	switch log := p.log.(type) {
	case fmt.Stringer:
		return ":\n" + log.String()
	case *os.File:
		if content, err := os.ReadFile(log.Name()); err == nil {
			return ":\n" + string(content)
		}
	}
	return ""
}
