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

// signalComfy sends a signal to the ComfyUI of some workers and its children, to that of all where none is named.
func (s *site) signalComfy(signal syscall.Signal, name string, hit ...*lane) (reached bool) {
	if len(hit) == 0 {
		hit = s.lanes
	}
	for _, l := range hit {
		reached = s.signalLane(l, signal, name) || reached
	}
	return reached
}

func (s *site) signalLane(l *lane, signal syscall.Signal, name string) (reached bool) {
	for _, pid := range s.pidsOf(l) {
		s.mu.Lock()
		if signal == syscall.SIGKILL {
			s.died = true
			s.killed[comfyUIAt(pid)] = true
		}
		s.mu.Unlock()
		if syscall.Kill(-pid, signal) == nil {
			reached = true
			if signal == syscall.SIGKILL {
				s.kills.Add(1)
			}
			s.history.incident("comfyui "+name, pid, l.id)
		}
	}
	return reached
}

// lookAtComfy notes until ctx ends which ComfyUI lives when, and that a worker never has two.
func (s *site) lookAtComfy(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	twice := map[string]int{}
	for {
		for _, l := range s.lanes {
			pids := s.pidsOf(l)
			for _, pid := range pids {
				s.history.alive(comfyUIAt(pid))
			}
			if twice[l.id]++; len(pids) < 2 {
				twice[l.id] = 0
			}
			if twice[l.id] == 3 { // a killed one may take a moment to vanish
				s.history.violation(fmt.Sprintf("two ComfyUI of worker %s at the same time: %v", l.id, pids))
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// askComfy does what somebody does on the own page of a worker's ComfyUI.
func (s *site) askComfy(ctx context.Context, of *lane, path, body, what string) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d%s", of.port, path)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		s.history.violation(err.Error())
		return
	}
	s.history.incident(what, 0, of.id) // before it: who looks for the cause of an end finds it
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
}

// changeHands lets the first worker's ComfyUI be the service's own from now on, or somebody else's. Nothing of the one before is
// left.
func (s *site) changeHands() error {
	return s.whileDown(func() error {
		l := s.lanes[0]
		s.mu.Lock()
		remote := !l.remote
		l.remote = false // nobody else starts one now
		s.mu.Unlock()
		for s.signalComfy(syscall.SIGKILL, "ended, another takes its place", l) {
			time.Sleep(5 * time.Millisecond)
		}
		name := "comfyui is the service's own"
		if remote {
			name = "comfyui is somebody else's"
		}
		s.history.incident(name, 0, "")
		s.mu.Lock()
		defer s.mu.Unlock()
		l.remote = remote
		return nil
	})
}

// isRemote reports whether a worker's ComfyUI is somebody else's.
func (s *site) isRemote(l *lane) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.remote
}

// somebodyElse keeps a worker's ComfyUI up that is not the service's, whenever it is to be that, until ctx ends.
func (s *site) somebodyElse(ctx context.Context, l *lane) {
	for ctx.Err() == nil {
		command, err := s.startElsewhere(l)
		if err != nil {
			s.history.violation("ComfyUI cannot be started: " + err.Error())
			return
		}
		if command != nil {
			s.judgeElsewhere(ctx, command, l)
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// startElsewhere starts a ComfyUI that is not the service's, if there is to be one.
func (s *site) startElsewhere(l *lane) (*exec.Cmd, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !l.remote {
		return nil, nil
	}
	if l.rng != nil {
		s.misbehave(l, l.rng)
	}
	args := append([]string{"--output-directory", l.output, "--preview-method", "auto"}, s.comfyArgs(l)...)
	command := s.SimulatorOn(l.port, l.base, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s.history.incident("comfyui started elsewhere", command.Process.Pid, l.id)
	return command, nil
}

// judgeElsewhere waits for the end of a ComfyUI that is not the service's. Only the torture and prompts may end it.
func (s *site) judgeElsewhere(ctx context.Context, command *exec.Cmd, l *lane) {
	defer context.AfterFunc(ctx, func() { s.signalComfy(syscall.SIGKILL, "SIGKILL", l) })()
	of := comfyUIAt(command.Process.Pid) // while it is one: until it is waited for
	err := command.Wait()
	s.mu.Lock()
	s.died = true // who boots beside it may find nobody there
	byUs := s.killed[of]
	s.mu.Unlock()
	if how := fmt.Sprint(err); !byUs && how != "exit status 1" { // as a prompt told it to
		s.history.violation("a ComfyUI that is not the service's was ended by it: " + how)
	}
}
