//go:build linux

package acceptance_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// newFleet is a site with three workers, of which the arguments of some are added to those of their ComfyUIs.
func newFleet(t *testing.T, args map[string][]string) *site {
	t.Helper()
	s := newSite(t)
	if err := s.AddWorkers(args, "one", "two", "three"); err != nil {
		t.Fatal(err)
	}
	return s
}

// untilWorkers follows the live state until the service is as wanted.
func (c *client) untilWorkers(what string, wanted func(whole *pb.SystemState, workers map[string]*pb.Worker) bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{Client: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	var last *pb.SystemState
	for stream.Receive() {
		for _, status := range stream.Msg().Statuses {
			state := status.System
			if state == nil {
				continue
			}
			last = state
			workers := map[string]*pb.Worker{}
			for _, w := range state.Workers {
				workers[w.Id] = w
			}
			if wanted(state, workers) {
				return
			}
		}
	}
	c.t.Fatalf("waited in vain until %s: %v (%v)", what, last, stream.Err())
}

func (c *client) untilAllReady() {
	c.t.Helper()
	c.untilWorkers("all are ready", func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
		for _, w := range workers {
			if w.Status != pb.WorkerStatus_WORKER_STATUS_READY {
				return false
			}
		}
		return len(workers) == 3
	})
}

func on(worker string, r *pb.BookJobRequest) *pb.BookJobRequest {
	r.WorkerId = worker
	return r
}

func TestEachWorkerRunsWhatIsBookedOnIt(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil).start()
	user := s.signIn()
	user.untilAllReady()
	booked := map[string]*pb.Job{}
	for _, worker := range []string{"one", "two", "three"} {
		if booked[worker] = user.book(on(worker, nextFree("a fox for "+worker))); booked[worker].WorkerId != worker {
			t.Errorf("booked on %s: %v", worker, booked[worker])
		}
	}
	for worker, j := range booked {
		j = user.untilEnded(j.Id)
		if j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.WorkerId != worker {
			t.Fatalf("on %s: %v", worker, j)
		}
		// The first worker's results are called as if there were no other.
		if prefixed := strings.HasPrefix(j.ResultFilename, worker+"/"); prefixed != (worker != "one") {
			t.Errorf("%s calls its result %s", worker, j.ResultFilename)
		}
		if response, body := s.get("/images/" + j.ResultFilename); response.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("the result of %s: %s", worker, response.Status)
		}
		if response, _ := s.get("/thumbnails/" + j.ResultFilename); response.StatusCode != http.StatusOK {
			t.Errorf("the thumbnail of %s: %s", worker, response.Status)
		}
	}
	for _, file := range []string{"comfyui-one.log", "comfyui-one.json", "workers/two/comfyui.log", "workers/three/comfyui.json"} {
		if _, err := os.Stat(filepath.Join(s.Data(), file)); err != nil {
			t.Error(err)
		}
	}
	_, numbers := s.get("/metrics")
	for worker := range booked {
		if want := `comfyscheduler_worker_ready{worker="` + worker + `"} 1`; !strings.Contains(string(numbers), want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
	_, err := user.BookJob(t.Context(), on("four", nextFree("a fox")))
	if connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("a worker that is not there: %v", err)
	}
}

// A job that names no worker goes where it ends first: here the third worker takes far longer than the others.
func TestAnyWorkerIsTheOneThatEndsFirst(t *testing.T) {
	t.Parallel()
	s := newFleet(t, map[string][]string{"three": {"--step-time", "400ms"}}).start()
	user := s.signIn()
	user.untilAllReady()
	start := now() + 600_000
	seen := map[string]bool{}
	for i := range 3 {
		j := user.book(anywhere(exactly(start, "a fox")))
		if seen[j.WorkerId] || (j.WorkerId == "three") != (i == 2) {
			t.Errorf("booking %d went to %s, after %v", i, j.WorkerId, seen)
		}
		seen[j.WorkerId] = true
	}
	_, err := user.BookJob(t.Context(), anywhere(exactly(start, "a fox too many")))
	if connect.CodeOf(err) != connect.CodeAlreadyExists && connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("all are taken: %v", err)
	}
	later := anywhere(nextFree("a patient fox"))
	later.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: start}
	if j := user.book(later); j.WorkerId == "three" || j.TimeSlot.StartMs <= start {
		t.Errorf("the next free slot is on %s, %d ms after the others", j.WorkerId, j.TimeSlot.StartMs-start)
	}
}

func TestOneKilledComfyUIStopsNoOther(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil).start()
	user := s.signIn()
	user.untilAllReady()
	running := user.book(on("one", nextFree("a fox [[slow=2s]]")))
	user.until(running.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	for _, pid := range s.ComfyPIDsOf("two") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	user.untilWorkers("two is down and the service is not", func(whole *pb.SystemState, workers map[string]*pb.Worker) bool {
		two := workers["two"].GetStatus()
		return whole.Status == pb.SystemStatus_SYSTEM_STATUS_READY &&
			(two == pb.WorkerStatus_WORKER_STATUS_RESTARTING || two == pb.WorkerStatus_WORKER_STATUS_OFFLINE)
	})
	if response, _ := s.get("/healthz"); response.StatusCode != http.StatusOK {
		t.Errorf("health: %s", response.Status)
	}
	other := user.untilEnded(user.book(on("three", nextFree("another fox"))).Id)
	if ended := user.untilEnded(running.Id); ended.Attempt != 1 || ended.Status != pb.JobStatus_JOB_STATUS_COMPLETED || isMoved(ended) {
		t.Errorf("beside it ran: %v", ended)
	}
	if other.Status != pb.JobStatus_JOB_STATUS_COMPLETED || isMoved(other) {
		t.Errorf("beside it ran: %v", other)
	}
	user.untilAllReady()
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	if pids := s.ComfyPIDs(); len(pids) > 0 {
		t.Errorf("left behind: %v", pids)
	}
}

// isMoved reports whether the job lost the slot that it was booked for. One that began late there, on a busy machine, did not.
func isMoved(j *pb.Job) bool {
	return j.Delay != nil && j.Delay.Kind != pb.DelayKind_DELAY_KIND_LATE
}

// A worker that does not start keeps trying, visibly, and nobody waits for it.
func TestAWorkerThatDoesNotStartKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := newFleet(t, map[string][]string{"one": {"--misbehave", "crash-on-start"}}).start()
	user := s.signIn()
	user.untilWorkers("it is told", func(whole *pb.SystemState, workers map[string]*pb.Worker) bool {
		one := workers["one"]
		return whole.Status == pb.SystemStatus_SYSTEM_STATUS_READY &&
			one.GetStatus() == pb.WorkerStatus_WORKER_STATUS_OFFLINE && strings.Contains(one.GetReason(), "next try in")
	})
	if j := user.untilEnded(user.book(anywhere(nextFree("a fox"))).Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.WorkerId == "one" {
		t.Errorf("any worker: %v", j)
	}
	// When none starts the service ends, and says why.
	none := []string{"--misbehave", "crash-on-start"}
	said := newFleet(t, map[string][]string{"one": none, "two": none, "three": none}).fails()
	if strings.Count(said, "ComfyUI is not ready: wait for port: ComfyUI ended (exit status 1)") != 3 {
		t.Errorf("said: %s", said)
	}
}

// What has run before its slot since a backup, on whichever worker was idle, is not run again after a restore.
func TestRestoreKnowsWhatHasRunBeforeItsSlotOnAnyWorker(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil).start()
	user := s.signIn()
	user.untilAllReady()
	var booked []*pb.Job
	for range 24 {
		booked = append(booked, user.book(anywhere(nextFree("a fox"))))
	}
	last := booked[len(booked)-3:]
	backup := s.backup()
	for _, j := range booked[:len(booked)-3] {
		_, _ = user.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: j.Id}) // one that runs or has ended is not in the way
	}
	ran := map[string]*pb.Job{}
	for _, j := range last {
		ran[j.Id] = user.untilEnded(j.Id)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.restore(backup).start()
	user = user.again(s)
	for id, before := range ran {
		after := user.job(id)
		same := after.ResultFilename == before.ResultFilename && after.WorkerId == before.WorkerId
		if after.Status != pb.JobStatus_JOB_STATUS_COMPLETED || !same {
			t.Errorf("it ran as %v and is %v", before, after)
		}
	}
}
