// Package problem turns any error into one line that helps, and an exit code.
package problem

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
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
	st, ok := statusOf(err)
	if !ok {
		return exitcode.Failure
	}
	switch st.Code() {
	case codes.InvalidArgument, codes.OutOfRange:
		if Reason(err) == pb.ErrorReason_ERROR_REASON_MALFORMED { // not what the user wrote, but what this program sent
			return exitcode.Failure
		}
		return exitcode.Usage
	case codes.Aborted:
		return exitcode.Conflict
	case codes.AlreadyExists:
		if Reason(err) == pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED {
			return exitcode.Conflict
		}
	case codes.FailedPrecondition:
		if detail[*pb.SlotConflict](st) != nil || detail[*pb.PauseConflict](st) != nil {
			return exitcode.Conflict
		}
	case codes.ResourceExhausted:
		switch Reason(err) {
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
	st, ok := statusOf(err)
	if !ok {
		return plaintext.Line(err.Error())
	}
	// What callers put in front of the status ("job 1234: ...") stays in front of its explanation.
	prefix, _ := strings.CutSuffix(err.Error(), st.Err().Error())
	if prefix == err.Error() {
		prefix = ""
	}
	return plaintext.Line(prefix + e.explain(err, st))
}

func (e Explainer) explain(err error, st *status.Status) string {
	conflict, reason := details(st)
	if conflict != nil {
		return e.conflict(err, conflict)
	}
	if pause := detail[*pb.PauseConflict](st); pause != nil {
		return e.inTheWay(err, pause)
	}
	if text := violations(st); text != "" {
		return text
	}
	if text := e.byReason(reason, st); text != "" {
		return text
	}
	switch {
	case st.Code() == codes.Unauthenticated && e.GivenToken:
		return fmt.Sprintf("%s does not know the token in COMFYSCHED_TOKEN", e.Server)
	case st.Code() == codes.Unauthenticated:
		return fmt.Sprintf("%s does not know your token any more; 'comfysched login' signs in anew", e.Server)
	case st.Code() == codes.Unavailable && reason == pb.ErrorReason_ERROR_REASON_UNSPECIFIED:
		return fmt.Sprintf("no answer from %s: %s; is the server running, and is --server right?", e.Server, transport(st.Message()))
	case st.Code() == codes.DeadlineExceeded:
		return fmt.Sprintf("no answer from %s in time", e.Server)
	case st.Code() == codes.Unimplemented:
		return fmt.Sprintf("%s does not know this call; is it a ComfyScheduler of this version? (%s)", e.Server, st.Message())
	}
	return st.Message()
}

// byReason is what to say of a reason that the user can do something about; empty for the others.
func (e Explainer) byReason(reason pb.ErrorReason, st *status.Status) string {
	switch reason {
	case pb.ErrorReason_ERROR_REASON_INVITATION_NEEDED:
		return fmt.Sprintf("%s takes new users only with a valid invitation: 'comfysched login --invitation CODE'", e.Server)
	case pb.ErrorReason_ERROR_REASON_SIGN_IN_CLOSED:
		return fmt.Sprintf("%s takes no new users; ask an administrator for a token, and 'comfysched login --token -' takes it", e.Server)
	case pb.ErrorReason_ERROR_REASON_STALE_VERSION:
		return "somebody changed the job meanwhile; look at it with 'comfysched show' and repeat"
	case pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED:
		id := jobref.Short(detail[*pb.ErrorInfo](st).GetMetadata()["job_id"])
		return fmt.Sprintf("the request id has booked another job, %s: 'comfysched show %s' shows it; give a new id to book this one", id, id)
	case pb.ErrorReason_ERROR_REASON_MALFORMED:
		return fmt.Sprintf("%s does not understand the request; is it a ComfyScheduler of this version? (%s)", e.Server, st.Message())
	case pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS:
		return st.Message() + "; end a 'comfysched watch' or 'wait', or close a page"
	case pb.ErrorReason_ERROR_REASON_TOO_MANY_TOKENS:
		return st.Message() + "; 'comfysched token revoke' makes room"
	}
	return ""
}

// details finds what the server attached to an error.
func details(st *status.Status) (*pb.SlotConflict, pb.ErrorReason) {
	return detail[*pb.SlotConflict](st), detail[*pb.ErrorInfo](st).GetReason()
}

// detail finds one kind of what the server attached to an error; nil when there is none.
func detail[D any](st *status.Status) (found D) {
	for _, d := range st.Details() {
		if d, ok := d.(D); ok {
			return d
		}
	}
	return found
}

// Reason is the server's reason in an error; unspecified when it gave none.
func Reason(err error) pb.ErrorReason {
	st, ok := statusOf(err)
	if !ok {
		return pb.ErrorReason_ERROR_REASON_UNSPECIFIED
	}
	_, reason := details(st)
	return reason
}

// Metadata is what the server's reason in an error speaks of, by name.
func Metadata(err error) map[string]string {
	st, ok := statusOf(err)
	if !ok {
		return nil
	}
	return detail[*pb.ErrorInfo](st).GetMetadata()
}

// statusOf finds a gRPC status anywhere in an error's chain, without the text that was wrapped around it.
func statusOf(err error) (*status.Status, bool) {
	var carrier interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &carrier) {
		return nil, false
	}
	return carrier.GRPCStatus(), true
}

// transport shortens what the connection says to its cause.
func transport(message string) string {
	for _, marker := range []string{dialing, "transport: "} {
		if _, after, ok := strings.Cut(message, marker); ok {
			message = after
		}
	}
	message = strings.Trim(message, `"`)
	if _, cause, ok := strings.Cut(message, ": connect: "); ok { // the address is told already
		return cause
	}
	return message
}
