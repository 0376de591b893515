package job_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const requestID = "6d1c1a5e-8b0e-4f3a-9b53-0a3f6d9f2c11"

// reused is a server on which the request id has booked a red fox, with eight steps where four are usual, for a start
// that differs from whatever is asked for now.
func reused() *servertest.Scheduler {
	req := fox()
	req.Inputs["steps"] = steps(8)
	first := booked(req).GetJob()
	return &servertest.Scheduler{
		Book: func(context.Context, *pb.BookJobRequest) (*pb.BookJobResponse, error) {
			return nil, servertest.Error(codes.AlreadyExists, "reused", &pb.ErrorInfo{
				Reason:   pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
				Metadata: map[string]string{"job_id": jobID},
			})
		},
		Get: func(context.Context, *pb.GetJobRequest) (*pb.GetJobResponse, error) {
			return &pb.GetJobResponse{Job: first}, nil
		},
	}
}

// A command that is repeated as it was written ends with the job that it booked first, though "in 3h" is later by now.
func TestARepeatedCommandTellsWhatItBooked(t *testing.T) {
	for _, start := range [][]string{{"--in", "3h"}, {"--at", "14:30"}, {"--after", "in 3h"}, {"--after", "tomorrow 9:00"}} {
		f, term := servertest.With(t, reused())
		f.Args = append([]string{"book", "--set", "steps=8", "--request-id", requestID, "a red fox"}, start...)
		if code := root.Run(t.Context(), f); code != exitcode.OK {
			t.Errorf("%v: exit code %d: %s", start, code, term.Err)
		}
		if !strings.HasPrefix(term.Out.String(), jobID+"\tscheduled\t") {
			t.Errorf("%v: stdout %q", start, term.Out)
		}
		if want := "booked already, as 3f2a1b2c for 2026-11-23 12:00:01 UTC\n"; term.Err.String() != want {
			t.Errorf("%v: stderr %q", start, term.Err)
		}
	}
}

// What differs in more than a moment that moves by itself is another booking: a conflict that names the job.
func TestAnIDThatBookedSomethingElseIsAConflict(t *testing.T) {
	for name, args := range map[string][]string{
		"prompt":           {"--in", "3h", "--set", "steps=8", "a hare"},
		"seed":             {"--in", "3h", "--set", "steps=8", "--seed", "43", "a red fox"},
		"parameter":        {"--in", "3h", "--set", "steps=9", "a red fox"},
		"default instead":  {"--in", "3h", "a red fox"},
		"another moment":   {"--at", "2026-12-01 14:30", "--set", "steps=8", "a red fox"},
		"another from":     {"--after", "2026-12-01T14:30:00Z", "--set", "steps=8", "a red fox"},
		"next free moment": {"--next", "--set", "steps=8", "a red fox"},
		"worker":           {"--in", "3h", "--set", "steps=8", "--worker", "second", "a red fox"},
	} {
		t.Run(name, func(t *testing.T) {
			f, term := servertest.With(t, reused())
			f.Args = append([]string{"book", "--request-id", requestID}, args...)
			if code := root.Run(t.Context(), f); code != exitcode.Conflict {
				t.Errorf("exit code %d", code)
			}
			want := "comfysched: the request id has booked another job, 3f2a1b2c: 'comfysched show 3f2a1b2c' shows it; " +
				"give a new id to book this one\n"
			if term.Err.String() != want || term.Out.Len() > 0 {
				t.Errorf("stderr %q, stdout %q", term.Err, term.Out)
			}
		})
	}
}

// When no answer comes at all, it is said how to find out without booking twice: by a command that names the moment.
func TestAnUncertainBookingIsSaidToBeOne(t *testing.T) {
	const at, from = "2026-11-23T15:00:00.000Z", "2026-11-23T14:30:00.000Z"
	for name, c := range map[string]struct {
		args        []string
		stdin, want string
	}{
		"next":   {[]string{"book", "--next", "a red fox"}, "", "book --next 'a red fox' --request-id ID"},
		"exact":  {[]string{"book", "--in", "3h", "a red fox"}, "", "book 'a red fox' --at " + at + " --request-id ID"},
		"from":   {[]string{"book", "--after", "14:30", "a red fox"}, "", "book 'a red fox' --after " + from + " --request-id ID"},
		"series": {[]string{"book", "-n", "--each-line", "--request-id", requestID}, "a fox\n", "book -n --each-line --request-id " + requestID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first *pb.BookJobRequest
			f, term := servertest.With(t, &servertest.Scheduler{
				Book: func(_ context.Context, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
					if first == nil {
						first = req
					} else if !proto.Equal(first, req) {
						t.Errorf("%v, then %v", first, req)
					}
					return nil, status.Error(codes.Unavailable, "connection reset")
				},
			})
			term.In.WriteString(c.stdin)
			f.Args = c.args
			if code := root.Run(t.Context(), f); code != exitcode.Unavailable {
				t.Errorf("exit code %d", code)
			}
			command := strings.ReplaceAll(c.want, "ID", first.GetRequestId())
			if want := "the job may be booked: comfysched " + command + " books it once\n"; !strings.Contains(term.Err.String(), want) {
				t.Errorf("stderr %q, want %q", term.Err, want)
			}
		})
	}
}
