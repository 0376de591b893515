//go:build linux

package acceptance_test

import (
	"bytes"
	"errors"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

func TestBookASlotAndGetThePicture(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	seed := uint64(1<<64 - 1)
	pictures := map[string][]byte{}
	for name, r := range map[string]*pb.BookJobRequest{
		"fox":         withSeed("a fox", seed),
		"hare":        withSeed("a hare", seed),
		"another fox": withSeed("a fox", 0),
	} {
		r.Inputs["width"], r.Inputs["height"] = servicetest.Integer(256), servicetest.Integer(128)
		booked := user.book(r)
		if booked.Status != pb.JobStatus_JOB_STATUS_SCHEDULED || booked.GetSeed() != r.Inputs["seed"].GetSeed() ||
			booked.Inputs["width"].GetInteger() != 256 || booked.UserId != user.User.Id {
			t.Fatalf("booked: %v", booked)
		}
		done := user.untilEnded(booked.Id)
		if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || len(done.Results) != 1 || done.Results[0].Filename != done.ResultFilename ||
			done.StartedAtMs < done.TimeSlot.StartMs {
			t.Fatalf("done: %v", done)
		}
		response, body := s.get("/images/" + done.ResultFilename)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "image/png" {
			t.Fatalf("image: %s, %s", response.Status, response.Header.Get("Content-Type"))
		}
		onDisk, err := os.ReadFile(filepath.Join(s.Folder, "data", "simulated", "output", filepath.FromSlash(done.ResultFilename)))
		if err != nil || !bytes.Equal(onDisk, body) {
			t.Errorf("the served picture is not the one on disk (%v)", err)
		}
		picture, err := png.Decode(bytes.NewReader(body))
		if err != nil || picture.Bounds().Dx() != 256 || picture.Bounds().Dy() != 128 {
			t.Errorf("picture: %v (%v)", picture, err)
		}
		for other, data := range pictures {
			if bytes.Equal(data, body) {
				t.Errorf("the pictures of %s and %s are the same", name, other)
			}
		}
		pictures[name] = body
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/images/"+done.ResultFilename, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("If-None-Match", response.Header.Get("ETag"))
		if again, err := http.DefaultClient.Do(request); err != nil || again.StatusCode != http.StatusNotModified {
			t.Errorf("revalidation: %v (%v)", again, err)
		}
		if thumbnail, body := s.get("/thumbnails/" + done.ResultFilename + "?w=160"); thumbnail.Header.Get("Content-Type") != "image/jpeg" ||
			len(body) == 0 {
			t.Errorf("thumbnail: %s", thumbnail.Status)
		}
	}
	if boot, err := filepath.Glob(filepath.Join(s.Folder, "data", "simulated", "output", "*", "*-*_00001_.png")); err != nil ||
		len(boot) != 3 {
		t.Errorf("files in the output folder: %q (%v)", boot, err)
	}
}

// withSeed is a booking of the next free slot with a seed.
func withSeed(prompt string, seed uint64) *pb.BookJobRequest {
	r := nextFree(prompt)
	r.Inputs["seed"] = servicetest.Seed(seed)
	return r
}

func TestOfFiftyClientsOneWins(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	start := now() + 60_000
	var wins atomic.Int32
	var winner atomic.Value
	var conflicts sync.Map
	var group sync.WaitGroup
	for i := range 50 {
		user := s.signIn()
		group.Go(func() {
			response, err := user.BookJob(t.Context(), exactly(start, "mine"))
			if err == nil {
				wins.Add(1)
				winner.Store(response.Job)
				return
			}
			conflicts.Store(i, err)
		})
	}
	group.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d won", wins.Load())
	}
	won := winner.Load().(*pb.Job)
	lost := 0
	conflicts.Range(func(_, err any) bool {
		lost++
		conflict := slotConflict(t, err.(error))
		if conflict.GetJob().GetJobId() != won.Id || conflict.GetJob().GetUserName() == "" ||
			conflict.TimeSlot.StartMs != won.TimeSlot.StartMs || conflict.NextFreeStartMs != won.TimeSlot.EndMs+1 ||
			conflict.NextFreeWorkerId != "gpu" {
			t.Errorf("conflict: %v", conflict)
		}
		return true
	})
	if lost != 49 {
		t.Errorf("%d got a conflict", lost)
	}
	user := s.signIn()
	_, err := user.BookJob(t.Context(), exactly(won.TimeSlot.EndMs, "touching"))
	slotConflict(t, err)
	user.book(exactly(won.TimeSlot.EndMs+1, "after"))
}

// Two starts that measure different durations: every slot keeps the length that it was booked with.
func TestShortBookingInsideALongOneIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, "--step-time", "700ms").with("scheduler.slot_margin", 10).start()
	user := s.signIn()
	long := user.book(exactly(now()+600_000, "long"))
	s.signal(syscall.SIGTERM)
	s.waitForEnd()

	s.with("scheduler.slot_margin", 0.1).with("comfy_ui.extra_args", fast.Args()).start()
	user = s.signIn()
	short := user.book(exactly(long.TimeSlot.StartMs-60_000, "short")).DurationMs
	if 20*short > long.DurationMs {
		t.Fatalf("the short slot takes %d ms, the long one %d ms", short, long.DurationMs)
	}
	end := long.TimeSlot.EndMs
	for name, start := range map[string]int64{
		"inside":         long.TimeSlot.StartMs + long.DurationMs/3,
		"at its start":   long.TimeSlot.StartMs,
		"into its start": long.TimeSlot.StartMs - short,
		"at its end":     end,
	} {
		_, err := user.BookJob(t.Context(), exactly(start, name))
		if conflict := slotConflict(t, err); conflict.GetJob().GetJobId() != long.Id || conflict.TimeSlot.EndMs != end ||
			conflict.NextFreeStartMs != end+1 {
			t.Errorf("%s: %v", name, conflict)
		}
	}
	user.book(exactly(long.TimeSlot.StartMs-short-1, "just before"))
	user.book(exactly(end+1, "just after"))
}

func slotConflict(t *testing.T, err error) *pb.SlotConflict {
	t.Helper()
	if conflict := infoOf(err).GetSlotConflict(); conflict != nil && connect.CodeOf(err) == connect.CodeFailedPrecondition {
		return conflict
	}
	t.Fatalf("no conflict: %v", err)
	return nil
}

func TestLostAnswerDoesNotBookTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	r := nextFree("once")
	r.RequestId = uuid.NewString()
	first, again := user.book(r), user.book(r)
	if first.Id != again.Id {
		t.Errorf("booked twice: %s and %s", first.Id, again.Id)
	}
	r.RequestId = strings.ToUpper(r.RequestId)
	if shouted := user.book(r); shouted.Id != first.Id {
		t.Errorf("the same id in upper case booked %s, not %s", shouted.Id, first.Id)
	}
}

// A request id that was used for another booking names the job, so that whoever repeats a booking learns what it booked.
func TestReusedRequestIDNamesItsJob(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	r := nextFree("once")
	r.RequestId = uuid.NewString()
	first := user.book(r)
	r.Inputs = servicetest.Prompt("something else")
	_, err := user.BookJob(t.Context(), r)
	if connect.CodeOf(err) != connect.CodeAlreadyExists || reasonOf(t, err).GetMetadata()["job_id"] != first.Id {
		t.Errorf("%v", err)
	}
}

// reasonOf is the reason that is attached to an error.
func reasonOf(t *testing.T, err error) *pb.ErrorInfo {
	t.Helper()
	var failure *connect.Error
	if errors.As(err, &failure) {
		for _, detail := range failure.Details() {
			value, _ := detail.Value()
			if info, ok := value.(*pb.ErrorInfo); ok {
				return info
			}
		}
	}
	t.Fatalf("no reason: %v", err)
	return nil
}

func TestCancelInterruptsARunningJob(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	running := user.book(nextFree("slow [[slow=5s]]"))
	user.until(running.Id, func(j *pb.Job) bool { return j.Status == pb.JobStatus_JOB_STATUS_PROCESSING })
	response, err := user.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: running.Id})
	if err != nil || !response.Job.CancelRequested {
		t.Fatalf("cancel: %v (%v)", response, err)
	}
	if ended := user.untilEnded(running.Id); ended.Status != pb.JobStatus_JOB_STATUS_CANCELLED {
		t.Errorf("ended: %v", ended)
	}
	after := user.book(nextFree("next"))
	if ended := user.untilEnded(after.Id); ended.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Errorf("the job after it: %v", ended)
	}
}

func TestFailingNodeFailsTheJobWithItsReason(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	failed := user.untilEnded(user.book(nextFree("[[fail]]")).Id)
	if failed.Status != pb.JobStatus_JOB_STATUS_FAILED || failed.Error.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_EXECUTION ||
		failed.Error.Message == "" || failed.Error.NodeId == "" {
		t.Errorf("failed: %v", failed)
	}
	empty := user.untilEnded(user.book(nextFree("[[no-result]]")).Id)
	if empty.Error.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_NO_RESULT {
		t.Errorf("without a result: %v", empty)
	}
}
