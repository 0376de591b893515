//go:build unix

package conformance

import (
	"path/filepath"
	"syscall"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// testFrozen stops the process for a while; nothing is lost and nobody started again.
func testFrozen(t *testing.T, v *service) {
	pid := v.comfyPID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	wake := func() { _ = syscall.Kill(pid, syscall.SIGCONT) }
	defer wake()
	eventually(t, "the service is offline", func() bool { return v.worker().GetStatus() == pb.WorkerStatus_WORKER_STATUS_OFFLINE })
	says(t, v.worker().GetReason(), "ComfyUI does not answer")
	j := v.book(t, booking("booked in the dark", nil))
	wake()
	eventually(t, "the service is back", func() bool { return v.worker().GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY })
	v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if now := v.comfyPID(); now != pid {
		t.Errorf("ComfyUI is pid %d, was %d", now, pid)
	}
}

func testServiceKilled(t *testing.T, place *site, v *service) *service {
	j := v.book(t, booking("adopt me", map[string]any{"seconds": 8.0, "steps": 80}))
	v.underWay(t, j.GetId())
	pid := v.comfyPID()
	v.Kill()
	v = place.start()
	if now := v.comfyPID(); now != pid {
		t.Errorf("ComfyUI is pid %d, was %d", now, pid)
	}
	progress := v.watch(t, j.GetId())
	j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if j.GetAttempt() != 1 || j.GetDelay() != nil {
		t.Errorf("attempt %d, delay %v", j.GetAttempt(), j.GetDelay())
	}
	if len(<-progress) == 0 {
		t.Error("no progress of the adopted run")
	}
	if status, _, _ := v.fetch(t, "/images/"+j.GetResultFilename()); status != 200 {
		t.Errorf("%s: %d", j.GetResultFilename(), status)
	}
	return v
}

// written are the files of a job on disk.
func (s *site) written(t *testing.T, j *pb.Job) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.output, "conformance/deep/picture", j.GetId()+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// testEndedMeanwhile: the results of a run that ended without anybody listening are taken from the history.
func testEndedMeanwhile(t *testing.T, place *site, v *service) *service {
	j := v.book(t, booking("see you later", map[string]any{"seconds": 2.0, "steps": 20}))
	v.underWay(t, j.GetId())
	v.Kill()
	other := stranger{t, v.comfyURL}
	eventually(t, "the run ends", func() bool { return other.outcome(j.GetId()) == "success" })
	v = place.start()
	if j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); j.GetAttempt() != 1 || len(place.written(t, j)) != 1 {
		t.Errorf("attempt %d, files %v", j.GetAttempt(), place.written(t, j))
	}
	if status, _, _ := v.fetch(t, "/images/"+j.GetResultFilename()); status != 200 {
		t.Errorf("%s: %d", j.GetResultFilename(), status)
	}
	return v
}

// testBothKilled: a run that is nowhere any more is booked again.
func testBothKilled(t *testing.T, place *site, v *service) *service {
	j := v.book(t, booking("lost and found", map[string]any{"seconds": 6.0, "steps": 60}))
	v.underWay(t, j.GetId())
	pid := v.comfyPID()
	v.Kill()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	v = place.start()
	if now := v.comfyPID(); now == pid {
		t.Errorf("ComfyUI is still pid %d", now)
	}
	if j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); j.GetAttempt() != 2 || j.GetDelay() == nil ||
		len(place.written(t, j)) != 1 {
		t.Errorf("attempt %d, delay %v, files %v", j.GetAttempt(), j.GetDelay(), place.written(t, j))
	}
	return v
}

func testServiceStopped(t *testing.T, place *site, v *service) {
	j := v.book(t, booking("interrupted", map[string]any{"seconds": 6.0, "steps": 60}))
	v.underWay(t, j.GetId())
	pid := v.comfyPID()
	if err := v.stop(); err != nil {
		t.Errorf("the service ended with %v", err)
	}
	if alive(pid) {
		t.Errorf("ComfyUI (pid %d) lives on", pid)
	}
	v = place.start()
	j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	// ComfyUI starts longer than the slot of the second attempt lasts, so that one may have been moved.
	if j.GetAttempt() != 2 || j.GetDelay() == nil {
		t.Errorf("attempt %d, delay %v", j.GetAttempt(), j.GetDelay())
	}
}
