//go:build unix

package conformance

import (
	"bytes"
	"image/png"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// TestLocal is one ComfyUI's life with the service, from its launch on. The parts build on each other.
func TestLocal(t *testing.T) {
	place := comfyUI(t).local(t)
	v := place.start()
	passed := t.Run("boot", func(t *testing.T) { testBoot(t, place, v) }) &&
		t.Run("templates of its page", func(t *testing.T) { testTemplates(t, place, v) }) &&
		t.Run("what is missing", func(t *testing.T) { testMissing(t, place, v) }) &&
		t.Run("run with progress and previews", func(t *testing.T) { testRun(t, place, v) }) &&
		t.Run("same graph twice", func(t *testing.T) { testCached(t, v) }) &&
		t.Run("batch in a subfolder", func(t *testing.T) { testBatch(t, v) }) &&
		t.Run("failing node", func(t *testing.T) { testFailingNode(t, v) }) &&
		t.Run("rejected graph", func(t *testing.T) { testRejected(t, v) }) &&
		t.Run("parameters", func(t *testing.T) { testParameters(t, v) }) &&
		t.Run("cancel before the slot", func(t *testing.T) { testCancelScheduled(t, v) }) &&
		t.Run("cancel while running", func(t *testing.T) { testCancelRunning(t, v) }) &&
		t.Run("a stranger's prompt in the way", func(t *testing.T) { testStranger(t, v) }) &&
		t.Run("overhead", func(t *testing.T) { testOverhead(t, v) }) &&
		t.Run("edited template and every kind of result", func(t *testing.T) { testEdit(t, place, v) }) &&
		t.Run("ComfyUI killed in mid-run", func(t *testing.T) { testComfyKilled(t, v) }) &&
		t.Run("executor lost", func(t *testing.T) { testExecutorLost(t, v) }) &&
		t.Run("run that hangs", func(t *testing.T) { testHung(t, v) }) &&
		t.Run("no answer for a while", func(t *testing.T) { testFrozen(t, v) })
	if passed {
		t.Run("service killed in mid-run", func(t *testing.T) { v = testServiceKilled(t, place, v) })
		t.Run("run that ends while the service is away", func(t *testing.T) { v = testEndedMeanwhile(t, place, v) })
		t.Run("service and ComfyUI killed in mid-run", func(t *testing.T) { v = testBothKilled(t, place, v) })
		t.Run("service stopped in mid-run", func(t *testing.T) { testServiceStopped(t, place, v) })
	}
}

func testBoot(t *testing.T, place *site, v *service) {
	worker := v.worker()
	t.Logf("ComfyUI %s on %s", worker.GetComfyuiVersion(), worker.GetDevice())
	var stages []pb.BootStage
	for _, step := range worker.GetBootSteps() {
		t.Logf("%v %6d ms  %s", step.GetStage(), step.GetElapsedMs(), step.GetDetail())
		stages = append(stages, step.GetStage())
		if step.GetOutcome() != pb.BootOutcome_BOOT_OUTCOME_DONE {
			t.Errorf("%v: %v", step.GetStage(), step.GetOutcome())
		}
	}
	for i := range pb.BootStage_BOOT_STAGE_READY {
		if len(stages) != int(pb.BootStage_BOOT_STAGE_READY) || stages[i] != i+1 {
			t.Errorf("steps: %v", stages)
			break
		}
	}
	// The template paints for a second: what comes from a cache would be faster.
	if estimate := v.state().GetStatus().GetWorkflows()[0].GetEstimates()[0]; estimate.GetBenchmarkMs() < 1000 ||
		estimate.GetSlotDurationMs() < 6*1000 {
		t.Errorf("estimate: %v", estimate)
	}
	_ = filepath.WalkDir(place.output, func(path string, entry fs.DirEntry, _ error) error {
		if entry != nil && !entry.IsDir() && strings.HasSuffix(path, ".png") {
			t.Errorf("left behind by the measurement: %s", path)
		}
		return nil
	})
}

func testRun(t *testing.T, place *site, v *service) {
	request := booking("a fox in the snow", map[string]any{"seconds": 2.0, "steps": 20})
	seed := uint64(18446744073709551615)
	request.Inputs["seed"] = servicetest.Seed(seed)
	j := v.book(t, request)
	progress := v.watch(t, j.GetId())
	v.until(t, j.GetId(), "a preview is announced", func(j *pb.Job) bool { return j.GetProgress().GetPreview() > 0 })
	if status, kind, body := v.fetch(t, "/previews/"+j.GetId()); status != 200 || kind != "image/jpeg" || len(body) == 0 {
		t.Errorf("preview: %d %s, %d bytes", status, kind, len(body))
	}
	j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	all := <-progress
	last := 0
	for _, p := range all {
		if p.GetNodeTitle() == "Brush" && p.GetTotal() == 20 && int(p.GetStep()) > last {
			last = int(p.GetStep())
		}
	}
	if last < 10 {
		t.Errorf("progress to step %d of 20: %v", last, all)
	}
	if want := "conformance/deep/picture/" + j.GetId() + "_00001_.png"; j.GetResultFilename() != want || j.GetSeed() != seed ||
		j.GetAttempt() != 1 {
		t.Errorf("result %s, want %s; seed %d, attempt %d", j.GetResultFilename(), want, j.GetSeed(), j.GetAttempt())
	}
	status, kind, body := v.fetch(t, "/images/"+j.GetResultFilename())
	if _, err := png.Decode(bytes.NewReader(body)); status != 200 || kind != "image/png" || err != nil {
		t.Errorf("picture: %d %s %v", status, kind, err)
	}
	if status, _, _ := v.fetch(t, "/previews/"+j.GetId()); status != 404 {
		t.Errorf("preview after the end: %d", status)
	}
	if err := os.Remove(filepath.Join(place.output, j.GetResultFilename())); err != nil {
		t.Fatal(err)
	}
	status, _, body = v.fetch(t, "/images/"+j.GetResultFilename())
	if status != 404 {
		t.Errorf("vanished picture: %d", status)
	}
	says(t, string(body), "deleted from the output directory")
}

// ComfyUI answers an unchanged graph from its cache, with the name of the old file.
func testCached(t *testing.T, v *service) {
	seed := uint64(42)
	request := booking("the same again", nil)
	request.Inputs["seed"] = servicetest.Seed(seed)
	first := v.end(t, v.book(t, request).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	second := v.end(t, v.book(t, request).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if first.GetResultFilename() == second.GetResultFilename() {
		t.Errorf("both jobs have %s", first.GetResultFilename())
	}
	for _, j := range []*pb.Job{first, second} {
		if status, _, _ := v.fetch(t, "/images/"+j.GetResultFilename()); status != 200 {
			t.Errorf("%s: %d", j.GetResultFilename(), status)
		}
	}
}

func testBatch(t *testing.T, v *service) {
	j := v.end(t, v.book(t, booking("three of a kind", map[string]any{"batch": 3})).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if len(j.GetResults()) != 3 {
		t.Fatalf("results: %v", j.GetResults())
	}
	for i, r := range j.GetResults() {
		if status, _, _ := v.fetch(t, "/images/"+r.GetFilename()); status != 200 || r.GetKind() != pb.ResultKind_RESULT_KIND_IMAGE ||
			r.GetNodeId() != "2" {
			t.Errorf("result %d: %d %v", i, status, r)
		}
	}
	if status, _, body := v.fetch(t, "/thumbnails/"+j.GetResultFilename()); status != 200 || len(body) == 0 {
		t.Errorf("thumbnail: %d, %d bytes", status, len(body))
	}
}

func testFailingNode(t *testing.T, v *service) {
	j := v.end(t, v.book(t, booking("no paint", map[string]any{"outcome": "fail"})).GetId(), pb.JobStatus_JOB_STATUS_FAILED)
	if e := j.GetError(); e.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_EXECUTION || e.GetNodeId() != "1" {
		t.Errorf("error: %v", e)
	}
	says(t, j.GetError().GetMessage(), "Brush", "the paint ran out")
	if status, _, _ := v.fetch(t, "/images/"+j.GetResultFilename()); j.GetResultFilename() != "" || status == 200 {
		t.Errorf("a failed job has the result %s", j.GetResultFilename())
	}
}

func testRejected(t *testing.T, v *service) {
	j := v.end(t, v.book(t, booking("upside down", map[string]any{"outcome": "refuse"})).GetId(), pb.JobStatus_JOB_STATUS_FAILED)
	if e := j.GetError(); e.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_REJECTED || e.GetNodeId() != "1" {
		t.Errorf("error: %v", e)
	}
	says(t, j.GetError().GetMessage(), "node 1", "ConformancePaint", "the canvas hangs upside down")
}

func testCancelScheduled(t *testing.T, v *service) {
	request := booking("never", nil)
	request.Start = &pb.BookJobRequest_StartMs{StartMs: inFuture()}
	j := v.book(t, request)
	cancelled, err := v.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: j.GetId()})
	if err != nil || cancelled.GetJob().GetStatus() != pb.JobStatus_JOB_STATUS_CANCELLED {
		t.Errorf("%v %v", cancelled.GetJob(), err)
	}
}

func testCancelRunning(t *testing.T, v *service) {
	j := v.book(t, booking("cancel me", map[string]any{"seconds": 60.0, "steps": 500}))
	v.underWay(t, j.GetId())
	other := stranger{t, v.comfyURL}
	foreign := other.post(1)
	if _, err := v.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: j.GetId()}); err != nil {
		t.Fatal(err)
	}
	j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_CANCELLED)
	if len(j.GetResults()) > 0 {
		t.Errorf("results: %v", j.GetResults())
	}
	eventually(t, "the stranger's prompt goes on", func() bool { return other.outcome(foreign) == "success" })
}

func testStranger(t *testing.T, v *service) {
	other := stranger{t, v.comfyURL}
	foreign := other.post(5)
	request := booking("after you", nil) // in a moment, when the service has heard of the prompt
	request.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: time.Now().Add(time.Second).UnixMilli()}
	j := v.book(t, request)
	late := v.until(t, j.GetId(), "the job is late", func(j *pb.Job) bool { return j.GetDelay() != nil })
	if late.GetStatus() != pb.JobStatus_JOB_STATUS_SCHEDULED || late.GetDelay().GetKind() != pb.DelayKind_DELAY_KIND_LATE {
		t.Errorf("job: %v", late)
	}
	says(t, late.GetDelay().GetReason(), "started on its own page")
	v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if got := other.outcome(foreign); got != "success" {
		t.Errorf("the stranger's prompt: %q", got)
	}
}

func testEdit(t *testing.T, place *site, v *service) {
	request := booking("booked before", nil)
	request.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: inFuture()}
	before := v.book(t, request)

	if err := os.WriteFile(place.template(), []byte(`{"1": {"class_type": "NoSuchBrush", "inputs": {"text": "", "seed": 1}}`),
		0o644); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the operator is told of a bad edit", func() bool { return strings.Contains(v.worker().GetReason(), "is not used") })
	t.Log(v.worker().GetReason())
	if got := v.example(); got != "a picture" {
		t.Errorf("a bad edit is offered: %s", got)
	}

	copyFile(t, "testdata/everything_api.json", place.template())
	eventually(t, "the edit is offered", func() bool { return v.example() == "one of each" })
	if reason := v.worker().GetReason(); reason != "" {
		t.Errorf("reason: %s", reason)
	}
	j := v.end(t, v.book(t, booking("one of each", nil)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	kinds := map[pb.ResultKind]int{}
	for _, r := range j.GetResults() {
		kinds[r.GetKind()]++
		if r.GetFilename() == "" {
			continue
		}
		status, kind, body := v.fetch(t, "/images/"+r.GetFilename())
		t.Logf("%v %s: %d, %s, %d bytes", r.GetKind(), r.GetFilename(), status, kind, len(body))
		if status != 200 {
			t.Errorf("%s: %d", r.GetFilename(), status)
		}
	}
	// Four pictures and an animated one; PreviewImage's are no results.
	if kinds[pb.ResultKind_RESULT_KIND_IMAGE] != 5 || kinds[pb.ResultKind_RESULT_KIND_VIDEO] != 1 ||
		kinds[pb.ResultKind_RESULT_KIND_AUDIO] != 1 || kinds[pb.ResultKind_RESULT_KIND_TEXT] != 1 {
		t.Errorf("results: %v", j.GetResults())
	}

	if _, err := v.MoveJob(t.Context(), moveToNow(before)); err != nil {
		t.Fatal(err)
	}
	if j := v.end(t, before.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); len(j.GetResults()) != 1 {
		t.Errorf("a job booked before the edit has %v", j.GetResults())
	}
	eventually(t, "the estimate is measured again",
		func() bool { return strings.Contains(v.log.String(), "the edited workflow was measured") })
	copyFile(t, "testdata/paint_api.json", place.template())
	eventually(t, "the edit is taken back", func() bool { return v.example() == "a picture" })
}

func testComfyKilled(t *testing.T, v *service) {
	j := v.book(t, booking("twice", map[string]any{"seconds": 5.0}))
	v.underWay(t, j.GetId())
	pid := v.comfyPID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := v.until(t, j.GetId(), "the job is booked again", func(j *pb.Job) bool { return j.GetAttempt() == 2 })
	if again.GetDelay().GetKind() != pb.DelayKind_DELAY_KIND_RETRY {
		t.Errorf("delay: %v", again.GetDelay())
	}
	t.Log(again.GetDelay().GetReason())
	says(t, again.GetDelay().GetReason(), "killed", "in mid-run")
	v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if now := v.comfyPID(); now == pid {
		t.Errorf("ComfyUI is still pid %d", now)
	}
}

// A prompt can kill ComfyUI's executor: it goes on to answer and to take prompts, and runs none.
func testExecutorLost(t *testing.T, v *service) {
	pid := v.comfyPID()
	stranger{t, v.comfyURL}.poison()
	v.end(t, v.book(t, booking("after the poison", nil)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	healed := v.comfyPID()
	if healed == pid {
		t.Errorf("ComfyUI is still pid %d", pid)
	}
	v.end(t, v.book(t, booking("all is well", nil)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if now := v.comfyPID(); now != healed {
		t.Errorf("ComfyUI was started again for nothing: pid %d, then %d", healed, now)
	}
}

// A node that never ticks gives no sign of life and hears no interrupt.
func testHung(t *testing.T, v *service) {
	pid := v.comfyPID()
	hung := v.book(t, booking("for ever", map[string]any{"outcome": "hang"}))
	next := v.book(t, booking("after it", nil))
	failed := v.end(t, hung.GetId(), pb.JobStatus_JOB_STATUS_FAILED)
	t.Log(failed.GetError().GetMessage())
	if failed.GetError().GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_TIMEOUT {
		t.Errorf("error: %v", failed.GetError())
	}
	v.end(t, next.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if now := v.comfyPID(); now == pid {
		t.Errorf("ComfyUI is still pid %d, deaf", pid)
	}
}

// What keeps ComfyUI from starting is said in words, and nothing is left behind.
func TestStartThatFails(t *testing.T) {
	place := comfyUI(t)
	t.Run("port taken", func(t *testing.T) {
		s := place.local(t)
		taken, err := net.Listen("tcp", strings.TrimPrefix(s.comfyURL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		v := s.launch()
		if v.Wait() == nil {
			t.Error("the service ended well")
		}
		says(t, v.log.String(), "comfy_ui.api_port", "is taken by another program")
	})
	t.Run("ComfyUI exits", func(t *testing.T) {
		v := place.local(t, "--no-such-flag").launch()
		if v.Wait() == nil {
			t.Error("the service ended well")
		}
		says(t, v.log.String(), "ComfyUI ended (exit status 2)", "unrecognized arguments: --no-such-flag")
	})
}
