// Package problem turns any error into one line that helps, and an exit code.
package problem

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Explainer explains errors to one terminal.
type Explainer struct {
	// Clock shows the times in an error.
	Clock when.Clock
	// Server is the address that was talked to.
	Server string
	// GivenToken means that the token came from the environment.
	GivenToken bool
}

// Code is the exit code for an error.
func Code(err error) int {
	var own *exitcode.Error
	switch {
	case err == nil:
		return exitcode.OK
	case errors.As(err, &own):
		return own.Code
	case errors.Is(err, context.Canceled):
		return exitcode.Interrupted
	}
	st, ok := api.Status(err)
	if !ok {
		return exitcode.Failure
	}
	switch st.Code() {
	case codes.InvalidArgument, codes.OutOfRange:
		if api.Reason(err) == pb.ErrorReason_ERROR_REASON_MALFORMED { // not what the user wrote, but what this program sent
			return exitcode.Failure
		}
		return exitcode.Usage
	case codes.Aborted:
		return exitcode.Conflict
	case codes.AlreadyExists:
		if api.Reason(err) == pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED {
			return exitcode.Conflict
		}
	case codes.FailedPrecondition:
		switch api.Reason(err) {
		case pb.ErrorReason_ERROR_REASON_SLOT_TAKEN,
			pb.ErrorReason_ERROR_REASON_BOOKINGS_IN_THE_WAY,
			pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW:
			return exitcode.Conflict
		}
	case codes.ResourceExhausted:
		switch api.Reason(err) {
		case pb.ErrorReason_ERROR_REASON_TOO_MANY_REQUESTS, pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS:
			return exitcode.Unavailable
		}
	case codes.NotFound:
		return exitcode.NotFound
	case codes.PermissionDenied, codes.Unauthenticated:
		return exitcode.NotAllowed
	case codes.Unavailable, codes.DeadlineExceeded:
		return exitcode.Unavailable
	}
	return exitcode.Failure
}

// Line is the error as one line; empty when everything has been told already.
func (e Explainer) Line(err error) string {
	var own *exitcode.Error
	if err == nil || (errors.As(err, &own) && own.Err == nil) {
		return ""
	}
	st, ok := api.Status(err)
	if !ok {
		return term.Line(err.Error())
	}
	// What callers put in front of the status ("job 1234: ...") stays in front of its explanation.
	prefix, _ := strings.CutSuffix(err.Error(), st.Err().Error())
	if prefix == err.Error() {
		prefix = ""
	}
	return term.Line(prefix + e.explain(err, st))
}

func (e Explainer) explain(err error, st *status.Status) string {
	info := api.Info(err)
	switch {
	case info.GetSlotConflict() != nil:
		return e.conflict(err, info.GetSlotConflict())
	case info.GetPauseConflict() != nil:
		return e.inTheWay(err, info.GetPauseConflict())
	}
	if text := byWorkflow(info, st.Message()); text != "" {
		return text
	}
	if text := violations(err, info); text != "" {
		return text
	}
	if text := e.byReason(info, st.Message()); text != "" {
		return text
	}
	switch {
	case st.Code() == codes.Unauthenticated && e.GivenToken:
		return fmt.Sprintf("%s does not know the token in COMFYSCHED_TOKEN", e.Server)
	case st.Code() == codes.Unauthenticated:
		return fmt.Sprintf("%s does not know your token any more; 'comfysched login' signs in anew", e.Server)
	case st.Code() == codes.Unavailable && info == nil:
		return fmt.Sprintf("no answer from %s: %s; is the server running, and is --server right?", e.Server, api.Cause(st.Message()))
	case st.Code() == codes.DeadlineExceeded:
		return fmt.Sprintf("no answer from %s in time", e.Server)
	case st.Code() == codes.Unimplemented:
		return fmt.Sprintf("%s does not know this call; is it a ComfyScheduler of this version? (%s)", e.Server, st.Message())
	}
	return st.Message()
}

// byReason explains the reasons that the user can do something about; empty for the others.
func (e Explainer) byReason(info *pb.ErrorInfo, message string) string {
	switch info.GetReason() {
	case pb.ErrorReason_ERROR_REASON_INVITATION_NEEDED:
		return fmt.Sprintf("%s takes new users only with a valid invitation: 'comfysched login --invitation CODE'", e.Server)
	case pb.ErrorReason_ERROR_REASON_SIGN_IN_CLOSED:
		return fmt.Sprintf("%s takes no new users; ask an administrator for a token, and 'comfysched login --token -' takes it", e.Server)
	case pb.ErrorReason_ERROR_REASON_STALE_VERSION:
		return "somebody changed the job meanwhile; look at it with 'comfysched show' and repeat"
	case pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED:
		id := refs.Short(info.GetMetadata()["job_id"])
		return fmt.Sprintf("the request id has booked another job, %s: 'comfysched show %s' shows it; give a new id to book this one", id, id)
	case pb.ErrorReason_ERROR_REASON_MALFORMED:
		return fmt.Sprintf("%s does not understand the request; is it a ComfyScheduler of this version? (%s)", e.Server, message)
	case pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS:
		return message + "; end a 'comfysched watch' or 'wait', or close a page"
	case pb.ErrorReason_ERROR_REASON_TOO_MANY_TOKENS:
		return message + "; 'comfysched token revoke' makes room"
	}
	return ""
}
