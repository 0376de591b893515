//go:build unix

package conformance

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// TestTwoOfOneCheckout runs two ComfyUIs that are started from one checkout and one base folder, as two cards of a machine are: jobs
// run on both at once, and one that is killed in mid-run disturbs the other in nothing.
func TestTwoOfOneCheckout(t *testing.T) {
	place := comfyUI(t).local(t)
	comfy := place.Config.Section("comfy_ui")
	base := filepath.Dir(place.output)
	place.Config["workers"] = []any{
		map[string]any{"id": "one"},
		map[string]any{
			"id":    "two",
			"title": "The second",
			"comfy_ui": map[string]any{
				"api_port":   freePort(t),
				"extra_args": []string{"--cpu", "--disable-api-nodes", "--base-directory", base}, // its database is for the service to name
			},
		},
	}
	t.Logf("arguments of the first: %v", comfy["extra_args"])
	v := place.start()
	eventually(t, "both are ready", func() bool {
		ready := 0
		for _, w := range v.state().GetStatus().GetSystem().GetWorkers() {
			if w.GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY {
				ready++
			}
		}
		return ready == 2
	})
	for _, kept := range []string{filepath.Join(base, "output", "two"), filepath.Join(place.Data(), "workers", "two", "own", "user")} {
		if _, err := os.Stat(kept); err != nil {
			t.Error(err)
		}
	}
	t.Run("jobs on both at once", func(t *testing.T) { testBothAtOnce(t, v) })
	t.Run("one is killed in mid-run", func(t *testing.T) { testOneOfTwoKilled(t, v) })
}

// on books the same moment on a worker.
func (v *service) on(t *testing.T, worker string, start time.Time, seconds float64) *pb.Job {
	t.Helper()
	r := booking("a fox on "+worker, map[string]any{"seconds": seconds})
	r.WorkerId, r.Start = worker, &pb.BookJobRequest_StartMs{StartMs: start.UnixMilli()}
	return v.book(t, r)
}

func testBothAtOnce(t *testing.T, v *service) {
	start := time.Now().Add(3 * time.Second)
	one, two := v.on(t, "one", start, 3), v.on(t, "two", start, 3)
	one, two = v.end(t, one.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED), v.end(t, two.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if one.GetStartedAtMs() > two.GetFinishedAtMs() || two.GetStartedAtMs() > one.GetFinishedAtMs() {
		t.Errorf("one after the other: %v, %v", one, two)
	}
	if strings.HasPrefix(one.GetResultFilename(), "one/") || !strings.HasPrefix(two.GetResultFilename(), "two/") {
		t.Errorf("called %s and %s", one.GetResultFilename(), two.GetResultFilename())
	}
	var pictures []string
	for _, j := range []*pb.Job{one, two} {
		t.Logf("%s started %d ms after its slot", j.GetWorkerId(), j.GetStartedAtMs()-j.GetTimeSlot().GetStartMs())
		status, _, body := v.fetch(t, "/images/"+j.GetResultFilename())
		if status != 200 {
			t.Errorf("the picture of %s: %d", j.GetWorkerId(), status)
		}
		pictures = append(pictures, string(body))
	}
	if pictures[0] == pictures[1] {
		t.Error("both have the same picture")
	}
}

func testOneOfTwoKilled(t *testing.T, v *service) {
	start := time.Now().Add(3 * time.Second)
	one, two := v.on(t, "one", start, 8), v.on(t, "two", start, 8)
	v.underWay(t, one.GetId())
	v.underWay(t, two.GetId())
	after := v.on(t, "one", time.UnixMilli(one.GetTimeSlot().GetEndMs()+1), 1)
	if err := syscall.Kill(v.pidOf(t, "two"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := v.until(t, two.GetId(), "the job is booked again", func(j *pb.Job) bool { return j.GetAttempt() == 2 })
	t.Log(again.GetDelay().GetReason())
	if j := v.end(t, one.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); j.GetAttempt() != 1 || j.GetDelay() != nil {
		t.Errorf("the other was disturbed: %v", j)
	}
	if j := v.end(t, after.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); j.GetDelay() != nil {
		t.Errorf("the next on the other is not on time: %v", j.GetDelay())
	}
	v.end(t, two.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
}

// pidOf is told by the boot of a worker.
func (v *service) pidOf(t *testing.T, worker string) int {
	t.Helper()
	for _, w := range v.state().GetStatus().GetSystem().GetWorkers() {
		for _, step := range w.GetBootSteps() {
			match := pidPattern.FindStringSubmatch(step.GetDetail())
			if w.GetId() == worker && match != nil && step.GetStage() == pb.BootStage_BOOT_STAGE_LAUNCH {
				pid, _ := strconv.Atoi(match[1])
				return pid
			}
		}
	}
	t.Fatalf("nothing tells the pid of %s", worker)
	return 0
}
