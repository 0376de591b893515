//go:build linux

package acceptance_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

func TestBookingsSurviveAKill(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	var booked []string
	for i := range 10 {
		booked = append(booked, user.book(exactly(now()+600_000+int64(i)*60_000, fmt.Sprint("job ", i))).Id)
	}
	comfy := s.ComfyPIDs()
	s.crash()
	if len(comfy) != 1 || !slices.Equal(comfy, s.ComfyPIDs()) {
		t.Fatalf("ComfyUI before %v, after the kill %v", comfy, s.ComfyPIDs())
	}
	s.start()
	if again := s.ComfyPIDs(); !slices.Equal(comfy, again) {
		t.Errorf("ComfyUI before %v, after the restart %v", comfy, again)
	}
	token := user.Token
	user = s.visitor()
	user.Token = token
	list, err := user.ListJobs(t.Context(), &pb.ListJobsRequest{Order: pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, j := range list.Jobs {
		found = append(found, j.Id)
	}
	if !slices.Equal(booked, found) {
		t.Errorf("booked %v, found %v", booked, found)
	}
}

func TestRunningJobIsAdoptedAfterAKill(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	j := user.book(nextFree("slow [[slow=1s]]"))
	user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	s.crash()
	s.start()
	token := user.Token
	user = s.visitor()
	user.Token = token
	if done := user.untilEnded(j.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Attempt != 1 {
		t.Errorf("adopted: %v", done)
	}
}

func TestJobThatDiedWithComfyUIIsBookedAgainOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	j := user.book(nextFree("[[crash]]"))
	failed := user.untilEnded(j.Id)
	if failed.Status != pb.JobStatus_JOB_STATUS_FAILED || failed.Attempt != 2 ||
		failed.Error.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_LOST || failed.Delay.GetBookedStartMs() != j.TimeSlot.StartMs {
		t.Errorf("failed: %v", failed)
	}
	if done := user.untilEnded(user.book(nextFree("after it")).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Errorf("the job after it: %v", done)
	}
}

func TestCleanStopEndsStreamsAndComfyUI(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"terminated": syscall.SIGTERM, "window closed": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) { stopCleanly(t, signal) })
	}
}

func stopCleanly(t *testing.T, with syscall.Signal) {
	// A test that runs under nohup would hand its deafness to hang-ups on to the service.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	s := newSite(t).start()
	signal.Stop(heard)
	user := s.signIn()
	stream, err := user.WatchState(t.Context(), &pb.WatchStateRequest{})
	if err != nil || !stream.Receive() {
		t.Fatal(err, stream.Err())
	}
	s.signal(with)
	for stream.Receive() {
	}
	if code := connect.CodeOf(stream.Err()); code != connect.CodeUnavailable {
		t.Errorf("the stream ended with %v", stream.Err())
	}
	s.waitForEnd()
	if code := s.process.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left := s.ComfyPIDs(); len(left) != 0 {
		t.Errorf("ComfyUI still runs: %v", left)
	}
}

func TestStopBooksTheInterruptedJobAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("server.shutdown_grace", "100ms").start()
	user := s.signIn()
	j := user.book(nextFree("slow [[slow=2s]]"))
	user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.start()
	token := user.Token
	user = s.visitor()
	user.Token = token
	if again := user.job(j.Id); again.Attempt != 2 || again.Delay.GetBookedStartMs() != j.TimeSlot.StartMs {
		t.Errorf("job: %v", again)
	}
}

func TestBadStartsSayWhatToDo(t *testing.T) {
	alone(t)
	t.Parallel()
	t.Run("unknown keys and wrong types", func(t *testing.T) {
		s := newSite(t).with("server.prot", 1).with("comfy_ui.api_port", "8188")
		said := s.fails()
		wantAll(t, said, `server.prot: unknown key; did you mean "port"?`, "comfy_ui.api_port: must be an integer, not a string")
		if _, err := os.Stat(filepath.Join(s.Folder, "data")); err == nil {
			t.Error("the data folder was made")
		}
	})
	t.Run("template without the mapped node", func(t *testing.T) {
		s := newSite(t)
		s.Config["workflow"].(map[string]any)["parameter_map"].(map[string]any)["prompt"] = map[string]any{"node_id": "60", "field": "text"}
		wantAll(t, s.fails(), `workflow.parameter_map.prompt: there is no node "60"`)
	})
	t.Run("own port taken", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		s := newSite(t).with("server.port", listener.Addr().(*net.TCPAddr).Port)
		wantAll(t, s.fails(), "cannot open port", "server.port", "address already in use")
	})
	t.Run("ComfyUI's port taken", func(t *testing.T) {
		s := newSite(t)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.ComfyPort))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		wantAll(t, s.fails(), "comfy_ui.api_port", "is taken by another program")
	})
	t.Run("ComfyUI exits at start", func(t *testing.T) {
		wantAll(t, newSite(t, "--misbehave", "crash-on-start").fails(),
			"ComfyUI is not ready: wait for port: ComfyUI ended (exit status 1); its last lines:")
	})
	t.Run("ComfyUI never opens its port", func(t *testing.T) {
		s := newSite(t, "--misbehave", "never-open-port").with("comfy_ui.start_timeout", "2s")
		wantAll(t, s.fails(), "has not opened port", "comfy_ui.start_timeout")
		if left := s.ComfyPIDs(); len(left) != 0 {
			t.Errorf("ComfyUI still runs: %v", left)
		}
	})
	t.Run("no remote ComfyUI", func(t *testing.T) {
		s := newSite(t).with("comfy_ui.installation_type", "remote").with("comfy_ui.start_timeout", "1s")
		wantAll(t, s.fails(), "there is no ComfyUI at http://127.0.0.1:", "comfy_ui.api_host")
	})
	t.Run("second service on the same data", func(t *testing.T) {
		s := newSite(t).start()
		second := newSite(t).with("server.data_dir", filepath.Join(s.Folder, "data"))
		wantAll(t, second.fails(), "another service works with the data folder")
	})
}

func wantAll(t *testing.T, said string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

func TestBadRequestsSayWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user, other := s.signIn(), s.signIn()
	j := user.book(exactly(now()+600_000, "mine"))
	huge := strings.Repeat("x", 16<<10+1)
	book := func(r *pb.BookJobRequest) error {
		_, err := user.BookJob(t.Context(), r)
		return err
	}
	get := func(id string) error {
		_, err := user.GetJob(t.Context(), &pb.GetJobRequest{JobId: id})
		return err
	}
	for name, tc := range map[string]struct {
		err  error
		code connect.Code
		says string
	}{
		"empty prompt":            {book(nextFree(" \n")), connect.CodeInvalidArgument, `inputs["prompt"]: must not be empty`},
		"huge prompt":             {book(nextFree(huge)), connect.CodeInvalidArgument, "prompt"},
		"no start":                {book(&pb.BookJobRequest{Inputs: servicetest.Prompt("x")}), connect.CodeInvalidArgument, "start"},
		"slot in the past":        {book(exactly(now()-1000, "x")), connect.CodeInvalidArgument, "start_ms: lies in the past"},
		"slot at the end of time": {book(exactly(1<<62, "x")), connect.CodeInvalidArgument, "start_ms"},
		"malformed id":            {get("42"), connect.CodeInvalidArgument, "job_id"},
		"unknown job":             {get("00000000-0000-4000-8000-000000000000"), connect.CodeNotFound, "there is no job"},
		"not signed in": {func() error {
			_, err := s.visitor().ListJobs(t.Context(), &pb.ListJobsRequest{})
			return err
		}(), connect.CodeUnauthenticated, "sign in"},
		"somebody else's job": {func() error {
			_, err := other.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: j.Id})
			return err
		}(), connect.CodePermissionDenied, "belongs to " + user.User.Name},
		"page token of another list": {func() error {
			_, err := user.ListJobs(t.Context(), &pb.ListJobsRequest{PageToken: "bm9uc2Vuc2U"})
			return err
		}(), connect.CodeInvalidArgument, "page_token"},
		"time zone": {func() error {
			_, err := user.GetDayStats(t.Context(), &pb.GetDayStatsRequest{TimeZone: "Mars/Olympus"})
			return err
		}(), connect.CodeInvalidArgument, "time_zone"},
	} {
		var failure *connect.Error
		if !errors.As(tc.err, &failure) || failure.Code() != tc.code || !strings.Contains(failure.Message(), tc.says) ||
			len(failure.Details()) == 0 {
			t.Errorf("%s: %v", name, tc.err)
		}
	}
	if list, err := user.ListJobs(t.Context(), &pb.ListJobsRequest{}); err != nil || len(list.Jobs) != 1 || list.Jobs[0].Version != j.Version {
		t.Errorf("jobs afterwards: %v (%v)", list, err)
	}
}

func TestHungRunIsEndedAndTheTimelineGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["scheduler"] = map[string]any{"silence_factor": 1, "silence_min": "2s"}
	s.start()
	user := s.signIn()
	hung := user.book(nextFree("[[hang]]"))
	next := user.book(nextFree("after it"))
	if failed := user.untilEnded(hung.Id); failed.Status != pb.JobStatus_JOB_STATUS_FAILED ||
		failed.Error.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_TIMEOUT {
		t.Errorf("failed: %v", failed)
	}
	if done := user.untilEnded(next.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Errorf("the job after it: %v", done)
	}
}

func TestComfyUIWithoutItsExecutorIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	// From ComfyUI's own page: a node without inputs beside a valid graph.
	poison := `{"prompt": {"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}, "3": {"class_type": "EmptyImage"}}}`
	response, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/prompt", s.ComfyPort), "application/json", strings.NewReader(poison))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
	if done := user.untilEnded(user.book(nextFree("after the poison")).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Errorf("job: %v", done)
	}
}
