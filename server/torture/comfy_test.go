//go:build linux

package torture_test

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// signalComfy sends a signal to ComfyUI and its children.
func (s *site) signalComfy(signal syscall.Signal, name string) (reached bool) {
	for _, pid := range s.ComfyPIDs() {
		s.mu.Lock()
		if signal == syscall.SIGKILL {
			s.died = true
			s.killed[pid] = true
		}
		s.mu.Unlock()
		if syscall.Kill(-pid, signal) == nil {
			reached = true
			if signal == syscall.SIGKILL {
				s.kills.Add(1)
			}
			s.history.incident("comfyui "+name, pid, "")
		}
	}
	return reached
}

// lookAtComfy notes until ctx ends which ComfyUI lives when, and that there are never two.
func (s *site) lookAtComfy(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	twice := 0
	for {
		pids := s.ComfyPIDs()
		for _, pid := range pids {
			s.history.alive(pid)
		}
		if twice++; len(pids) < 2 {
			twice = 0
		}
		if twice == 3 { // a killed one may take a moment to vanish
			s.history.violation(fmt.Sprintf("two ComfyUI at the same time: %v", pids))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// askComfy does what somebody does on ComfyUI's own page.
func (s *site) askComfy(ctx context.Context, path, body, what string) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d%s", s.ComfyPort, path)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		s.history.violation(err.Error())
		return
	}
	s.history.incident(what, 0, "") // before it: who looks for the cause of an end finds it
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
}

// changeHands lets ComfyUI be the service's own from now on, or somebody else's. Nothing of the one before is left.
func (s *site) changeHands() error {
	return s.whileDown(func() error {
		s.mu.Lock()
		remote := !s.remote
		s.remote = false // nobody else starts one now
		s.mu.Unlock()
		for s.signalComfy(syscall.SIGKILL, "ended, another takes its place") {
			time.Sleep(5 * time.Millisecond)
		}
		name := "comfyui is the service's own"
		if remote {
			name = "comfyui is somebody else's"
		}
		s.history.incident(name, 0, "")
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remote = remote
		return nil
	})
}

// isRemote reports whether ComfyUI is somebody else's.
func (s *site) isRemote() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remote
}

// somebodyElse keeps a ComfyUI up that is not the service's, whenever there is to be one, until ctx ends.
func (s *site) somebodyElse(ctx context.Context) {
	for ctx.Err() == nil {
		command, err := s.startElsewhere()
		if err != nil {
			s.history.violation("ComfyUI cannot be started: " + err.Error())
			return
		}
		if command != nil {
			s.judgeElsewhere(ctx, command)
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// startElsewhere starts a ComfyUI that is not the service's, if there is to be one.
func (s *site) startElsewhere() (*exec.Cmd, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.remote {
		return nil, nil
	}
	args := append([]string{"--output-directory", s.output, "--preview-method", "auto"}, s.comfyArgs()...)
	command := s.Simulator(s.base(), args...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s.history.incident("comfyui started elsewhere", command.Process.Pid, "")
	return command, nil
}

// judgeElsewhere waits for the end of a ComfyUI that is not the service's. Only the torture and prompts may end it.
func (s *site) judgeElsewhere(ctx context.Context, command *exec.Cmd) {
	defer context.AfterFunc(ctx, func() { s.signalComfy(syscall.SIGKILL, "SIGKILL") })()
	err := command.Wait()
	s.mu.Lock()
	s.died = true // who boots beside it may find nobody there
	byUs := s.killed[command.Process.Pid]
	s.mu.Unlock()
	if how := fmt.Sprint(err); !byUs && how != "exit status 1" { // as a prompt told it to
		s.history.violation("a ComfyUI that is not the service's was ended by it: " + how)
	}
}
