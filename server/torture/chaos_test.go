//go:build linux

package torture_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// chaos kills, stops, freezes and fills at random moments until ctx ends. It leaves nothing frozen and the disk free.
func (s *site) chaos(ctx context.Context, rng *rand.Rand) {
	// However short it is, each is killed once.
	pause(ctx, calm(rng))
	s.signal(syscall.SIGKILL, "SIGKILL")
	for pause(ctx, calm(rng)); ctx.Err() == nil && !s.signalComfy(syscall.SIGKILL, "SIGKILL"); {
		pause(ctx, 10*time.Millisecond)
	}
	for {
		pause(ctx, calm(rng))
		dice, later := rng.Float64(), time.Duration(rng.IntN(600))*time.Millisecond
		if ctx.Err() != nil {
			return
		}
		switch {
		case dice < 0.45:
			s.signal(syscall.SIGKILL, "SIGKILL")
		case dice < 0.70:
			s.signalComfy(syscall.SIGKILL, "SIGKILL")
		case dice < 0.78:
			s.signal(syscall.SIGKILL, "SIGKILL")
			s.signalComfy(syscall.SIGKILL, "SIGKILL")
		case dice < 0.84:
			s.signalComfy(syscall.SIGKILL, "SIGKILL")
			pause(ctx, later/4)
			s.signal(syscall.SIGKILL, "SIGKILL")
		case dice < 0.92:
			s.stop(ctx, rng.Float64() < 0.5, later)
		case dice < 0.95:
			s.freeze(later)
		case dice < 0.97:
			s.askForRestart(ctx)
		default:
			s.fillDisk(ctx, 2*later)
		}
	}
}

// calm is the time between two blows: short as a rule, so that they hit starts and stops too, sometimes long enough for
// jobs to run.
func calm(rng *rand.Rand) time.Duration {
	limit := 350
	switch dice := rng.Float64(); {
	case dice > 0.85:
		limit = min(4000, 100+int(duration.Milliseconds()/5))
	case dice > 0.4:
		limit = 1200
	}
	return time.Duration(20+rng.IntN(limit)) * time.Millisecond
}

// stop asks the service to end, and may lose patience.
func (s *site) stop(ctx context.Context, impatient bool, patience time.Duration) {
	if !s.signal(syscall.SIGTERM, "SIGTERM") {
		return
	}
	if impatient {
		pause(ctx, patience)
		s.signal(syscall.SIGKILL, "SIGKILL")
		return
	}
	began := s.lifeCount()
	for s.lifeCount() == began && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
	}
}

func (s *site) lifeCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lives
}

// askForRestart lets an administrator restart ComfyUI.
func (s *site) askForRestart(ctx context.Context) {
	token, err := os.ReadFile(filepath.Join(s.data, "admin-token"))
	if err != nil {
		s.history.violation("the administrator's token is gone: " + err.Error())
		return
	}
	administrator := newUser(s, "administrator")
	administrator.line.token = strings.TrimSpace(string(token))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := administrator.admin.RestartWorker(ctx, &pb.RestartWorkerRequest{WorkerId: "gpu"}); err == nil {
		s.history.incident("comfyui restart asked for", 0, "")
	}
}

// freeze holds ComfyUI, its frames and answers for a while.
func (s *site) freeze(d time.Duration) {
	if s.signalComfy(syscall.SIGSTOP, "SIGSTOP") {
		time.Sleep(d)
		s.signalComfy(syscall.SIGCONT, "SIGCONT")
	}
}

func (s *site) fillDisk(ctx context.Context, d time.Duration) {
	if s.hoard == nil {
		return
	}
	s.mu.Lock()
	s.diskFull = true
	s.mu.Unlock()
	err := s.hoard.fill()
	s.history.incident("disk full", 0, "")
	pause(ctx, d)
	if freeErr := s.hoard.free(); err == nil {
		err = freeErr
	}
	s.history.incident("disk free", 0, "")
	if err != nil {
		s.history.violation("the disk could not be filled and freed: " + err.Error())
	}
}
