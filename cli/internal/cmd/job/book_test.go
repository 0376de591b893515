package job_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const jobID = "01a20620-0a48-72b1-9629-c5af3f2a1b2c"

// steps is a number of steps as the value of an input.
func steps(n int64) *pb.InputValue { return &pb.InputValue{Value: &pb.InputValue_Integer{Integer: n}} }

// fox asks for a red fox.
func fox() *pb.BookJobRequest {
	return &pb.BookJobRequest{Inputs: map[string]*pb.InputValue{"prompt": form.Text("a red fox")}}
}

// booked is the job of a request, with a seed of 42 where none is asked for.
func booked(req *pb.BookJobRequest) *pb.BookJobResponse {
	start := servertest.Now.UnixMilli() + 1000
	inputs := map[string]*pb.InputValue{"seed": form.Seed(42), "steps": steps(4)}
	maps.Copy(inputs, req.GetInputs())
	return &pb.BookJobResponse{
		Job: &pb.Job{
			Id:         jobID,
			UserId:     servertest.Caller.GetId(),
			WorkerId:   "main",
			WorkflowId: "klein",
			Prompt:     req.GetInputs()["prompt"].GetText(),
			Seed:       proto.Uint64(42),
			Inputs:     inputs,
			Status:     pb.JobStatus_JOB_STATUS_SCHEDULED,
			TimeSlot:   &pb.TimeSlot{StartMs: start, EndMs: start + 4500},
			DurationMs: 4500,
			Version:    1,
			Attempt:    1,
		},
		Revision: &pb.Revision{Epoch: "e", Number: 7},
	}
}

func TestBookSendsTheSameRequestAgainWhenTheAnswerIsLost(t *testing.T) {
	var requests []*pb.BookJobRequest
	f, term := servertest.With(t, &servertest.Scheduler{
		Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
			requests = append(requests, req)
			if len(requests) == 1 {
				return nil, status.Error(codes.Unavailable, "connection reset")
			}
			return booked(req), nil
		},
	})
	f.Args = []string{"book", "--next", "--quiet", "a red fox"}
	if code := root.Run(t.Context(), f); code != exitcode.OK {
		t.Fatalf("exit code %d: %s", code, term.Err)
	}
	if got := term.Out.String(); got != jobID+"\n" {
		t.Errorf("stdout %q", got)
	}
	if len(requests) != 2 || !proto.Equal(requests[0], requests[1]) {
		t.Fatalf("the second request differs from the first: %v", requests)
	}
	if _, err := uuid.Parse(requests[0].GetRequestId()); err != nil {
		t.Errorf("request id %q: %v", requests[0].GetRequestId(), err)
	}
}

func TestBookOffersTheNextFreeStart(t *testing.T) {
	next := servertest.Now.UnixMilli() + 60_001
	f, term := servertest.With(t, &servertest.Scheduler{
		Book: func(context.Context, *pb.BookJobRequest) (*pb.BookJobResponse, error) {
			return nil, servertest.Error(codes.FailedPrecondition, "taken", &pb.ErrorInfo{
				Reason: pb.ErrorReason_ERROR_REASON_SLOT_TAKEN,
				Detail: &pb.ErrorInfo_SlotConflict{
					SlotConflict: &pb.SlotConflict{
						Blocker:         &pb.SlotConflict_Job{Job: &pb.JobBlocker{JobId: jobID, UserName: "User-2"}},
						TimeSlot:        &pb.TimeSlot{StartMs: next - 10_000, EndMs: next - 1},
						NextFreeStartMs: next,
					},
				},
			})
		},
	})
	f.Args = []string{"book", "--in", "30s", "--seed=7", "a red fox"}
	if code := root.Run(t.Context(), f); code != exitcode.Conflict {
		t.Fatalf("exit code %d", code)
	}
	want := "comfysched: the slot is taken by User-2's job 3f2a1b2c until 2026-11-23 12:01:00 UTC; " +
		"the next free start is 2026-11-23 12:01:00 UTC: comfysched book --seed=7 'a red fox' --at 2026-11-23T12:01:00.001Z\n"
	if got := term.Err.String(); got != want {
		t.Errorf("stderr\n%s\nwant\n%s", got, want)
	}
}

// The stream breaks in the middle of the run; the command resumes it after the last revision and sees the end.
func TestWaitResumesALostConnection(t *testing.T) {
	var resumed []*pb.Revision
	f, term := servertest.With(t, &servertest.Scheduler{
		Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) { return booked(req), nil },
		Watch: func(req *pb.WatchStateRequest, out grpc.ServerStreamingServer[pb.WatchStateResponse]) error {
			resumed = append(resumed, req.GetResumeAfter())
			j := booked(fox()).GetJob()
			j.StartedAtMs, j.Version = j.GetTimeSlot().GetStartMs(), 2
			if req.GetResumeAfter() == nil {
				j.Status = pb.JobStatus_JOB_STATUS_PROCESSING
				return firstConnection(out, j)
			}
			j.Status, j.Version, j.ResultFilename = pb.JobStatus_JOB_STATUS_COMPLETED, 3, "fox.png"
			return out.Send(&pb.WatchStateResponse{Deltas: []*pb.StateDelta{{Revision: &pb.Revision{Epoch: "e", Number: 9}, Jobs: []*pb.Job{j}}}})
		},
	})
	f.Args = []string{"book", "--next", "--wait", "a red fox"}
	if code := root.Run(t.Context(), f); code != exitcode.OK {
		t.Fatalf("exit code %d: %s", code, term.Err)
	}
	if len(resumed) != 2 || resumed[1].GetEpoch() != "e" || resumed[1].GetNumber() != 8 {
		t.Errorf("resumed after %v", resumed)
	}
	const row = jobID + "\tcompleted\t2026-11-23T12:00:01.000Z\t2026-11-23T12:00:05.500Z\tUser-1\tmain\tklein\t42\tfox.png\ta red fox\n"
	if got := term.Out.String(); !strings.HasPrefix(got, row) {
		t.Errorf("stdout %q", got)
	}
	for _, line := range []string{
		"3f2a1b2c processing: KSampler\n", "connection lost, trying again\n",
		"connected again\n", "3f2a1b2c completed\n",
	} {
		if !strings.Contains(term.Err.String(), line) {
			t.Errorf("stderr lacks %q:\n%s", line, term.Err)
		}
	}
}

func firstConnection(out grpc.ServerStreamingServer[pb.WatchStateResponse], j *pb.Job) error {
	snapshot := &pb.StateSnapshot{Revision: &pb.Revision{Epoch: "e", Number: 7}, Jobs: []*pb.Job{j}}
	for _, r := range []*pb.WatchStateResponse{
		{Snapshot: snapshot},
		{Deltas: []*pb.StateDelta{{Revision: &pb.Revision{Epoch: "e", Number: 8}, Jobs: []*pb.Job{j}}}},
		{Progress: []*pb.JobProgress{{JobId: jobID, Attempt: 1, NodeId: "3", NodeTitle: "KSampler", Step: 1, Total: 4}}},
	} {
		if err := out.Send(r); err != nil {
			return err
		}
	}
	return status.Error(codes.Unavailable, "the cable was cut")
}

func TestSeriesGoesOnAfterARefusedLine(t *testing.T) {
	ids := map[string]bool{}
	f, term := servertest.With(t, &servertest.Scheduler{
		Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
			ids[req.GetRequestId()] = true
			if req.GetInputs()["prompt"].GetText() == "bad" {
				return nil, servertest.Error(codes.InvalidArgument, "no good")
			}
			return booked(req), nil
		},
	})
	term.In.WriteString("a fox\n\n  bad \na hare")
	f.Args = []string{"book", "--next", "--each-line", "--quiet"}
	if code := root.Run(t.Context(), f); code != exitcode.Usage {
		t.Errorf("exit code %d", code)
	}
	if got := term.Out.String(); got != jobID+"\n"+jobID+"\n" {
		t.Errorf("stdout %q", got)
	}
	if got := term.Err.String(); got != "line 3: no good\n" {
		t.Errorf("stderr %q", got)
	}
	if len(ids) != 3 {
		t.Errorf("%d different request ids for 3 lines", len(ids))
	}
}

func TestBadOptionsAreUsageErrors(t *testing.T) {
	for name, args := range map[string][]string{
		"no time":             {"book", "a fox"},
		"two times":           {"book", "--next", "--in", "5m", "a fox"},
		"not a time":          {"book", "--at", "teatime", "a fox"},
		"not a seed":          {"book", "--next", "--seed", "-1", "a fox"},
		"two prompts":         {"book", "--next", "--prompt", "a fox", "a hare"},
		"unquoted prompt":     {"book", "--next", "a", "fox"},
		"series at a moment":  {"book", "--at", "14:30", "--each-line"},
		"json and quiet":      {"book", "--next", "--json", "--quiet", "a fox"},
		"unknown option":      {"book", "--nxt", "a fox"},
		"request id no UUID":  {"book", "--next", "--request-id", "7", "a fox"},
		"unknown command":     {"bok"},
		"show without a job":  {"show"},
		"list: bad status":    {"list", "--status", "lost"},
		"list: window":        {"list", "--from", "12:00", "--to", "11:00"},
		"job id is no job id": {"show", "xyz"},
		"exactly now":         {"book", "--at", "now", "a fox"},
		"exactly in no time":  {"book", "--in", "0s", "a fox"},
		"move to now":         {"move", jobID, "--at", "now"},
		"list: nothing":       {"list", "--limit", "0"},
		"list: all and some":  {"list", "--all", "--limit", "5"},
		"empty server":        {"list", "--server", ""},
		"empty status":        {"list", "--status", ""},
		"empty user":          {"list", "--user", ""},
		"empty time":          {"list", "--from", ""},
		"empty request id":    {"book", "--next", "--request-id", "", "a fox"},
		"empty argument":      {"free", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, term := servertest.With(t, &servertest.Scheduler{})
			f.Args = args
			if code := root.Run(t.Context(), f); code != exitcode.Usage {
				t.Errorf("exit code %d: %s", code, term.Err)
			}
			if n := strings.Count(term.Err.String(), "\n"); n != 1 {
				t.Errorf("%d lines on stderr: %s", n, term.Err)
			}
		})
	}
}

// A server that is called too often says when to come back: a series waits and goes on. One that takes no more bookings
// from this user ends it.
func TestSeriesWaitsWhenCalledTooOftenAndEndsAtTheLimit(t *testing.T) {
	calls := 0
	f, term := servertest.With(t, &servertest.Scheduler{
		Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
			calls++
			switch calls {
			case 2:
				return nil, servertest.Error(codes.ResourceExhausted, "too many calls", &pb.ErrorInfo{
					Reason:   pb.ErrorReason_ERROR_REASON_TOO_MANY_REQUESTS,
					Metadata: map[string]string{"retry_after_ms": "1"},
				})
			case 4:
				return nil, servertest.Error(codes.ResourceExhausted, "you have 2 open bookings, the most there may be", &pb.ErrorInfo{
					Reason: pb.ErrorReason_ERROR_REASON_TOO_MANY_BOOKINGS,
				})
			}
			return booked(req), nil
		},
	})
	term.In.WriteString("a fox\na hare\nan owl\na crow\n")
	f.Args = []string{"book", "--next", "--each-line"}
	if code := root.Run(t.Context(), f); code != exitcode.Failure {
		t.Errorf("exit code %d", code)
	}
	if got := strings.Count(term.Out.String(), "\n"); calls != 4 || got != 2 {
		t.Errorf("%d calls, %d jobs", calls, got)
	}
	if got := term.Err.String(); !strings.HasPrefix(got, "line 3: you have 2 open bookings, the most there may be\nbooked 2 of 3 lines, ") ||
		!strings.HasSuffix(got, "the lines after that were not tried\n") {
		t.Errorf("stderr %q", got)
	}
}
