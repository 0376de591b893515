//go:build linux

package acceptance_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// undisturbed books on the first and the third worker while the second is in trouble: at the same moment on both, and the next free
// slot. All begin in their slots, run once and are completed where they were booked.
func (c *client) undisturbed() {
	c.t.Helper()
	start := now() + 1500
	var booked []*pb.Job
	for _, worker := range []string{"one", "three"} {
		booked = append(booked, c.book(on(worker, exactly(start, "a fox at its moment"))), c.book(on(worker, nextFree("another fox"))))
	}
	for i, had := range booked {
		j := c.untilEnded(had.Id)
		if j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.Attempt != 1 || j.WorkerId != had.WorkerId || isMoved(j) {
			c.t.Errorf("beside one in trouble ran %v", j)
		}
		exact := i%2 == 0
		if begins := j.StartedAtMs - had.TimeSlot.StartMs; exact && (begins < 0 || begins > had.DurationMs) {
			c.t.Errorf("it began %d ms after its start, in a slot of %d ms: %v", begins, had.DurationMs, j)
		}
	}
}

// two follows the live state until the second worker has one of the statuses.
func (c *client) two(what string, statuses ...pb.WorkerStatus) {
	c.t.Helper()
	c.untilWorkers(what, func(whole *pb.SystemState, workers map[string]*pb.Worker) bool {
		for _, status := range statuses {
			if workers["two"].GetStatus() == status {
				return whole.Status == pb.SystemStatus_SYSTEM_STATUS_READY
			}
		}
		return false
	})
}

// signalTwo sends a signal to the second worker's ComfyUI.
func (s *site) signalTwo(signal syscall.Signal) {
	s.t.Helper()
	for _, pid := range s.ComfyPIDsOf("two") {
		if err := syscall.Kill(pid, signal); err != nil {
			s.t.Fatal(err)
		}
	}
}

const (
	booting    = pb.WorkerStatus_WORKER_STATUS_BOOTING
	ready      = pb.WorkerStatus_WORKER_STATUS_READY
	restarting = pb.WorkerStatus_WORKER_STATUS_RESTARTING
	offline    = pb.WorkerStatus_WORKER_STATUS_OFFLINE
)

// TestWhateverBefallsOneWorkerTouchesNoOther: the jobs of the others begin in their slots and are completed meanwhile, and when it is
// over the worker runs jobs itself.
func TestWhateverBefallsOneWorkerTouchesNoOther(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args   []string // of the second worker's ComfyUI
		befall func(s *site, user *client)
		after  func(s *site, user *client) // nil: it never runs
	}{
		"it never opens its port": {
			args:   []string{"--misbehave", "never-open-port"},
			befall: func(_ *site, user *client) { user.two("it boots", booting) },
		},
		"it does not start": {
			args:   []string{"--misbehave", "crash-on-start"},
			befall: func(_ *site, user *client) { user.two("it is down", offline) },
		},
		"it boots for long": {
			args:   []string{"--start-time", "10s"},
			befall: func(_ *site, user *client) { user.two("it boots", booting) },
			after:  func(*site, *client) {},
		},
		"it is slow": {
			befall: func(_ *site, user *client) {
				slow := user.book(on("two", nextFree("a slow fox [[slow=2s]]")))
				user.until(slow.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
			},
			after: func(*site, *client) {},
		},
		"it hangs": {
			befall: func(s *site, user *client) {
				hung := user.book(on("two", nextFree("a fox that waits [[slow=200ms]]")))
				user.until(hung.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
				s.signalTwo(syscall.SIGSTOP)
				user.undisturbed() // before anybody knows
				user.two("it does not answer", offline)
			},
			after: func(s *site, _ *client) { s.signalTwo(syscall.SIGCONT) },
		},
		"it crashes": {
			befall: func(_ *site, user *client) {
				user.book(on("two", nextFree("[[crash]]")))
				user.two("it is down", restarting, offline)
			},
			after: func(*site, *client) {},
		},
		"it is restarted": {
			args: []string{"--start-time", "2s"},
			befall: func(s *site, user *client) {
				user.untilAllReady()
				if _, err := s.administrator().Workers.RestartWorker(s.t.Context(), &pb.RestartWorkerRequest{WorkerId: "two"}); err != nil {
					s.t.Fatal(err)
				}
				user.two("it restarts", restarting)
			},
			after: func(*site, *client) {},
		},
		"it is paused": {
			befall: func(s *site, user *client) {
				_, err := s.administrator().Workers.PauseWorker(s.t.Context(), &pb.PauseWorkerRequest{WorkerId: "two", DurationMs: 600_000})
				if err != nil {
					s.t.Fatal(err)
				}
				if j := user.book(on("two", nextFree("a patient fox"))); j.TimeSlot.StartMs < now()+500_000 {
					s.t.Errorf("booked into the pause: %v", j)
				}
			},
			after: func(s *site, _ *client) {
				if _, err := s.administrator().Workers.ResumeWorker(s.t.Context(), &pb.ResumeWorkerRequest{WorkerId: "two"}); err != nil {
					s.t.Fatal(err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFleet(t, map[string][]string{"two": tc.args}).with("scheduler.slot_margin", 5).start()
			user := s.signIn()
			user.untilWorkers("the others are ready", func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
				two := workers["two"].GetStatus() == ready || len(tc.args) > 0
				return two && workers["one"].GetStatus() == ready && workers["three"].GetStatus() == ready
			})
			tc.befall(s, user)
			user.undisturbed()
			if tc.after == nil {
				return
			}
			tc.after(s, user)
			user.untilAllReady()
			if j := user.untilEnded(user.book(on("two", nextFree("a fox after it"))).Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
				t.Errorf("after it: %v", j)
			}
		})
	}
}

// begun counts the starts of a job in the records of all ComfyUIs.
func begun(t *testing.T, folder, id string) (n int) {
	t.Helper()
	records, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		text, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, `"start"`) && strings.Contains(line, id) {
				n++
			}
		}
	}
	return n
}

// TestAllRunningJobsAreAdoptedAfterAKill: after each of two kills all three ComfyUIs go on with what ran on them, and nothing is begun
// a second time.
func TestAllRunningJobsAreAdoptedAfterAKill(t *testing.T) {
	t.Parallel()
	records := t.TempDir()
	args := map[string][]string{}
	for _, worker := range []string{"one", "two", "three"} {
		args[worker] = []string{"--run-log", filepath.Join(records, worker)}
	}
	s := newFleet(t, args).start()
	user := s.signIn()
	user.untilAllReady()
	comfy := map[string][]int{}
	var running []*pb.Job
	for worker := range s.Workers {
		comfy[worker] = s.ComfyPIDsOf(worker)
		running = append(running, user.book(on(worker, nextFree("a fox [[slow=1500ms]]"))))
	}
	for _, j := range running {
		user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	}
	for range 2 {
		s.crash()
		s.start()
	}
	user = s.again(user)
	for _, had := range running {
		if j := user.untilEnded(had.Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.Attempt != 1 || j.WorkerId != had.WorkerId {
			t.Errorf("adopted: %v", j)
		}
		if n := begun(t, records, had.Id); n != 1 {
			t.Errorf("job %s was begun %d times", had.Id, n)
		}
	}
	user.untilAllReady()
	for worker, before := range comfy {
		if now := s.ComfyPIDsOf(worker); len(now) != 1 || now[0] != before[0] {
			t.Errorf("%s had %v and has %v", worker, before, now)
		}
	}
}

// TestStopWaitsForTheLongestGrace: all running jobs get the same grace at the same time. What ends in it is completed, the others are
// booked again, and no ComfyUI is left.
func TestStopWaitsForTheLongestGrace(t *testing.T) {
	t.Parallel()
	const grace = 12 * time.Second
	s := newFleet(t, nil).with("server.shutdown_grace", grace.String()).start()
	user := s.signIn()
	user.untilAllReady()
	running := map[string]*pb.Job{}
	for worker, prompt := range map[string]string{"one": "a fox [[slow=1s]]", "two": "[[slow=20s]]", "three": "[[slow=21s]]"} {
		running[worker] = user.book(on(worker, nextFree(prompt)))
	}
	for _, j := range running {
		user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	}
	began := time.Now()
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	if took := time.Since(began); took < grace || took >= 2*grace { // two would have had it one after the other
		t.Errorf("the stop took %v, and the grace is %v", took, grace)
	}
	if pids := s.ComfyPIDs(); len(pids) > 0 {
		t.Errorf("left behind: %v", pids)
	}
	s.start()
	user = s.again(user)
	for worker, j := range running {
		j = user.job(j.Id)
		done := j.Status == pb.JobStatus_JOB_STATUS_COMPLETED && j.Attempt == 1
		again := j.Status != pb.JobStatus_JOB_STATUS_COMPLETED && j.Attempt == 2
		if (worker == "one") != done || (worker != "one") != again {
			t.Errorf("of %s: %v", worker, j)
		}
	}
}
