package problem_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var explain = problem.Explainer{
	Clock:  when.Clock{Now: func() time.Time { return servertest.Now }, Zone: time.UTC},
	Server: "http://localhost:3000",
}

func info(r pb.ErrorReason) *pb.ErrorInfo { return &pb.ErrorInfo{Reason: r} }

func TestErrorsBecomeOneHelpfulLineAndACode(t *testing.T) {
	noon := &pb.TimeSlot{StartMs: servertest.Now.UnixMilli(), EndMs: servertest.Now.UnixMilli()}
	conflict := &pb.ErrorInfo{
		Reason: pb.ErrorReason_ERROR_REASON_SLOT_TAKEN,
		Detail: &pb.ErrorInfo_SlotConflict{
			SlotConflict: &pb.SlotConflict{
				Blocker: &pb.SlotConflict_Job{
					Job: &pb.JobBlocker{
						JobId:    "01a20620-0a48-72b1-9629-c5af3f2a1b2c",
						UserName: "Eve\x1b[2J",
					},
				},
				TimeSlot: noon,
			},
		},
	}
	pause := &pb.ErrorInfo{
		Reason: pb.ErrorReason_ERROR_REASON_SLOT_TAKEN,
		Detail: &pb.ErrorInfo_SlotConflict{
			SlotConflict: &pb.SlotConflict{
				Blocker:  &pb.SlotConflict_Pause{Pause: &pb.PauseBlocker{UserName: "Ada"}},
				TimeSlot: noon,
			},
		},
	}
	inTheWay := &pb.ErrorInfo{
		Reason: pb.ErrorReason_ERROR_REASON_BOOKINGS_IN_THE_WAY,
		Detail: &pb.ErrorInfo_PauseConflict{
			PauseConflict: &pb.PauseConflict{
				Total: 205,
				Bookings: []*pb.PauseObstacle{
					{JobId: "01a20620-0a48-72b1-9629-c5af3f2a1b2c", UserName: "Ada", TimeSlot: noon},
					{UserName: "Ada"},
					{UserName: "Ada"},
					{UserName: "Ada"},
					{UserName: "Ada"},
				},
			},
		},
	}

	for name, c := range map[string]struct {
		err  error
		line string
		code int
	}{
		"fields": {
			servertest.Error(codes.InvalidArgument, "bad", &pb.ErrorInfo{
				Reason: pb.ErrorReason_ERROR_REASON_INVALID_FIELDS,
				Fields: []*pb.FieldViolation{
					{Field: `inputs["prompt"]`, Rule: "input", Message: "must not be empty"},
					{Field: `inputs["steps"]`, Rule: "input", Message: "must be at most 50"},
					{Field: "job_id", Rule: "string.uuid", Message: "must be a UUID"},
				},
			}),
			"--prompt: must not be empty; --set steps: must be at most 50; the job id: must be a UUID", exitcode.Usage,
		},
		"a workflow that changed": {
			servertest.Error(codes.FailedPrecondition, "changed", &pb.ErrorInfo{
				Reason:   pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW,
				Metadata: map[string]string{"workflow_id": "fox", "version": "3f2a"},
				Fields:   []*pb.FieldViolation{{Field: `inputs["steps"]`, Rule: "input", Message: "takes at most 30 now"}},
			}),
			"workflow fox has changed since that version: --set steps: takes at most 30 now; " +
				"'comfysched workflow show fox' shows it as it is now, version 3f2a", exitcode.Conflict,
		},
		"a workflow that cannot be booked": {
			servertest.Error(codes.FailedPrecondition, "no worker can run fox: the model fox.safetensors is missing", &pb.ErrorInfo{
				Reason:   pb.ErrorReason_ERROR_REASON_NOT_BOOKABLE,
				Metadata: map[string]string{"workflow_id": "fox"},
			}),
			"no worker can run fox: the model fox.safetensors is missing; 'comfysched workflow show fox' tells more", exitcode.Failure,
		},
		"a workflow of the configuration": {
			servertest.Error(codes.InvalidArgument, "bad", &pb.ErrorInfo{
				Reason: pb.ErrorReason_ERROR_REASON_INVALID_FIELDS,
				Fields: []*pb.FieldViolation{{Field: "workflow_id", Message: "the workflow fox stands in the configuration: change it there"}},
			}),
			"the workflow fox stands in the configuration: change it there", exitcode.Usage,
		},
		"no such workflow": {
			servertest.Error(codes.NotFound, "there is no workflow fox", &pb.ErrorInfo{
				Reason:   pb.ErrorReason_ERROR_REASON_NOT_FOUND,
				Metadata: map[string]string{"what": "workflow", "name": "fox"},
			}),
			"there is no workflow fox; 'comfysched workflow list' lists those there are", exitcode.NotFound,
		},
		"a file that is no workflow": {
			servertest.Error(codes.InvalidArgument, "refused", &pb.ErrorInfo{
				Reason: pb.ErrorReason_ERROR_REASON_WORKFLOW_REFUSED,
				Fields: []*pb.FieldViolation{
					{Field: "file", Message: "it is cut off before its end"},
					{Field: "57:8", Message: "it has no class_type"},
				},
			}),
			"it is cut off before its end; node 57:8: it has no class_type", exitcode.Usage,
		},
		"slot taken, by somebody with an escape sequence for a name": {
			servertest.Error(codes.FailedPrecondition, "taken", conflict),
			"the slot is taken by Eve [2J's job 3f2a1b2c until 2026-11-23 12:00:00 UTC", exitcode.Conflict,
		},
		"paused": {
			servertest.Error(codes.FailedPrecondition, "taken", pause),
			"the worker is paused by Ada until 2026-11-23 12:00:00 UTC", exitcode.Conflict,
		},
		"bookings in the way of a pause": {
			servertest.Error(codes.FailedPrecondition, "in the way", inTheWay),
			"bookings are in the way: Ada's job 3f2a1b2c at 2026-11-23 12:00:00 UTC, Ada's job at 1970-01-01 00:00:00 UTC, " +
				"Ada's job at 1970-01-01 00:00:00 UTC, 202 more", exitcode.Conflict,
		},
		"by invitation only": {
			servertest.Error(codes.PermissionDenied, "no", info(pb.ErrorReason_ERROR_REASON_INVITATION_NEEDED)),
			"http://localhost:3000 takes new users only with a valid invitation: 'comfysched login --invitation CODE'", exitcode.NotAllowed,
		},
		"closed": {
			servertest.Error(codes.PermissionDenied, "no", info(pb.ErrorReason_ERROR_REASON_SIGN_IN_CLOSED)),
			"http://localhost:3000 takes no new users; ask an administrator for a token, and 'comfysched login --token -' takes it",
			exitcode.NotAllowed,
		},
		"too many calls": {
			servertest.Error(codes.ResourceExhausted, "wait a second", info(pb.ErrorReason_ERROR_REASON_TOO_MANY_REQUESTS)),
			"wait a second", exitcode.Unavailable,
		},
		"too many bookings": {
			servertest.Error(codes.ResourceExhausted, "you have 20 open bookings", info(pb.ErrorReason_ERROR_REASON_TOO_MANY_BOOKINGS)),
			"you have 20 open bookings", exitcode.Failure,
		},
		"too many streams": {
			servertest.Error(codes.ResourceExhausted, "you have 50 streams open", info(pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS)),
			"you have 50 streams open; end a 'comfysched watch' or 'wait', or close a page", exitcode.Unavailable,
		},
		"too many tokens": {
			servertest.Error(codes.ResourceExhausted, "you have 50 tokens", info(pb.ErrorReason_ERROR_REASON_TOO_MANY_TOKENS)),
			"you have 50 tokens; 'comfysched token revoke' makes room", exitcode.Failure,
		},
		"malformed": {
			servertest.Error(codes.InvalidArgument, "status: there is no NOPE", info(pb.ErrorReason_ERROR_REASON_MALFORMED)),
			"http://localhost:3000 does not understand the request; is it a ComfyScheduler of this version? (status: there is no NOPE)",
			exitcode.Failure,
		},
		"stale": {
			servertest.Error(codes.Aborted, "stale", info(pb.ErrorReason_ERROR_REASON_STALE_VERSION)),
			"somebody changed the job meanwhile; look at it with 'comfysched show' and repeat", exitcode.Conflict,
		},
		"wrong status": {
			servertest.Error(codes.FailedPrecondition, "the job has ended", info(pb.ErrorReason_ERROR_REASON_WRONG_STATUS)),
			"the job has ended", exitcode.Failure,
		},
		"not found, in a context": {
			fmt.Errorf("job 3f2a: %w", status.Error(codes.NotFound, "there is no such job")),
			"job 3f2a: there is no such job", exitcode.NotFound,
		},
		"not owner": {
			servertest.Error(codes.PermissionDenied, "the job belongs to User-2", info(pb.ErrorReason_ERROR_REASON_NOT_OWNER)),
			"the job belongs to User-2", exitcode.NotAllowed,
		},
		"not signed in": {
			servertest.Error(codes.Unauthenticated, "the token is not valid.", info(pb.ErrorReason_ERROR_REASON_NOT_SIGNED_IN)),
			"http://localhost:3000 does not know your token any more; 'comfysched login' signs in anew", exitcode.NotAllowed,
		},
		"not ready": {
			servertest.Error(codes.Unavailable, "the benchmark is running", info(pb.ErrorReason_ERROR_REASON_NOT_READY)),
			"the benchmark is running", exitcode.Unavailable,
		},
		"nobody there": {
			status.Error(codes.Unavailable,
				`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:3000: connect: connection refused"`),
			"no answer from http://localhost:3000: connection refused; is the server running, and is --server right?", exitcode.Unavailable,
		},
		"several lines": {errors.New("one\ntwo"), "one two", exitcode.Failure},
		"usage":         {exitcode.Usagef("--seed: no"), "--seed: no", exitcode.Usage},
		"told already":  {exitcode.Silent(exitcode.NotFound), "", exitcode.NotFound},
		"interrupted":   {fmt.Errorf("waiting: %w", context.Canceled), "waiting: context canceled", exitcode.Interrupted},
	} {
		t.Run(name, func(t *testing.T) {
			if got := explain.Line(c.err); got != c.line {
				t.Errorf("line %q, want %q", got, c.line)
			}
			if got := problem.Code(c.err); got != c.code {
				t.Errorf("code %d, want %d", got, c.code)
			}
		})
	}
}
