//go:build linux

package torture_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// keepUp starts the service whenever it is down, until ctx ends.
func (s *site) keepUp(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.live(ctx); err != nil {
			return err
		}
	}
	return nil
}

// life is one process of the service.
type life struct {
	process *servicetest.Process
	log     string  // its file
	own     []*lane // whose ComfyUI the service starts
	asked   string  // how it was told to end
	full    bool    // the disk, at some moment
	died    bool    // ComfyUI was killed meanwhile
	armed   bool    // a failpoint may have ended it
	left    []int   // the ComfyUI of these that were running when it had ended
}

// live is one life of the service, from start to end.
func (s *site) live(ctx context.Context) error {
	l, err := s.begin(ctx)
	if err != nil || l == nil {
		return err
	}
	if url, err := l.process.Address(context.WithoutCancel(ctx)); err == nil {
		s.mu.Lock()
		s.url = url
		close(s.opened)
		s.mu.Unlock()
	}
	waitErr := l.process.Wait()
	for _, own := range l.own {
		l.left = append(l.left, s.pidsOf(own)...)
	}
	s.mu.Lock()
	l.asked, l.full, l.died, l.armed = s.asked, s.diskFull, s.died, s.armed
	s.process = nil
	s.closePort()
	s.mu.Unlock()
	s.judgeEnd(l, waitErr)
	return nil
}

// begin starts the service, unless ctx has ended before it may be started.
func (s *site) begin(ctx context.Context) (*life, error) {
	s.gate.Lock()
	defer s.gate.Unlock()
	if ctx.Err() != nil {
		return nil, nil
	}
	own := s.ownLanes()
	for _, l := range own {
		s.misbehave(l, s.rng)
	}
	if err := s.configure(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lives++
	l := &life{log: filepath.Join(s.Folder, fmt.Sprintf("service-%04d.log", s.lives)), own: own}
	log, err := os.Create(l.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	if l.process, err = s.Launch(log); err != nil {
		return nil, err
	}
	s.process, s.asked = l.process, ""
	s.diskFull, s.died, s.armed = s.hoard.full(), false, s.isArmed()
	s.history.incident("service started", l.process.PID(), filepath.Base(l.log))
	return l, nil
}

func (s *site) closePort() {
	if s.url != "" {
		s.url, s.opened = "", make(chan struct{})
	}
}

// signal sends a signal to the service, and says whether there was one.
func (s *site) signal(signal syscall.Signal, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.asked == "SIGKILL" {
		return false
	}
	if signal == syscall.SIGTERM && s.asked == name {
		return true // a second one would end it at once
	}
	if s.process.Signal(signal) != nil {
		return false
	}
	s.asked = name
	if signal == syscall.SIGKILL {
		s.kills.Add(1)
	}
	s.history.incident("service "+name, s.process.PID(), "")
	return true
}

// address is the service's, once its port is open.
func (s *site) address(ctx context.Context) (string, error) {
	s.mu.Lock()
	url, opened := s.url, s.opened
	s.mu.Unlock()
	if url != "" {
		return url, nil
	}
	select {
	case <-opened:
		return s.address(ctx)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// down waits until the service is not running.
func (s *site) down(ctx context.Context) error {
	for ctx.Err() == nil {
		s.mu.Lock()
		running := s.process != nil
		s.mu.Unlock()
		if !running {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

// stopLimit bounds a clean stop: the grace, ten seconds for ComfyUI to let go, ten for the disk, and the end of ComfyUI.
const stopLimit = 45 * time.Second

// whileDown stops the service, does something, and lets it be started again.
func (s *site) whileDown(do func() error) error {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.signal(syscall.SIGTERM, "SIGTERM")
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if s.down(ctx) != nil {
		s.signal(syscall.SIGKILL, "SIGKILL")
		return errors.Join(fmt.Errorf("the service has not stopped within %v", stopLimit), s.down(context.Background()))
	}
	return do()
}

// end leaves nothing running.
func (s *site) end() {
	s.signal(syscall.SIGKILL, "SIGKILL")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = s.down(ctx)
	s.KillComfy()
}
