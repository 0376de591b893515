package api_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func TestRetryGivesUpOnAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		calls int
	}{
		"lost":      {status.Error(codes.Unavailable, "reset"), 3},
		"stopping":  {servertest.Error(codes.Unavailable, "stopping", &pb.ErrorInfo{Reason: pb.ErrorReason_ERROR_REASON_STOPPING}), 3},
		"not ready": {servertest.Error(codes.Unavailable, "not ready", &pb.ErrorInfo{Reason: pb.ErrorReason_ERROR_REASON_NOT_READY}), 1},
		"too late": {
			servertest.Error(codes.DeadlineExceeded, "took too long", &pb.ErrorInfo{Reason: pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED}), 3,
		},
		"refused": {status.Error(codes.InvalidArgument, "bad"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			err := api.Retry(t.Context(), time.Minute, func(context.Context) error {
				calls++
				if calls == 3 {
					return nil
				}
				return c.err
			})
			if calls != c.calls || (err == nil) != (calls == 3) {
				t.Errorf("%d calls, %v", calls, err)
			}
		})
	}
}

// A request that makes something is sent again when its answer was lost, not when nobody is there.
func TestOnceAsksForALostAnswer(t *testing.T) {
	reset := status.Error(codes.Unavailable, "connection reset")
	away := status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: connection refused"`)
	for name, c := range map[string]struct {
		errs  []error
		calls int
		code  codes.Code
	}{
		"answered":       {[]error{nil}, 1, codes.OK},
		"lost":           {[]error{reset, nil}, 2, codes.OK},
		"nobody there":   {[]error{away, nil}, 1, codes.Unavailable},
		"gone meanwhile": {[]error{reset, away, nil}, 3, codes.OK},
		"refused":        {[]error{status.Error(codes.InvalidArgument, "bad"), nil}, 1, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			answer, err := api.Once(t.Context(), func(context.Context) (string, error) {
				calls++
				return "made", c.errs[calls-1]
			})
			if calls != c.calls || status.Code(err) != c.code || answer != "made" {
				t.Errorf("%q, %v after %d calls", answer, err, calls)
			}
		})
	}
}
