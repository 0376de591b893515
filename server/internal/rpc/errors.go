package rpc

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/worker"
)

var (
	errNotAdministrator = errors.New("only administrators may do this")
	errStopping         = errors.New("the service is stopping")
)

// translate turns an error into what goes over the wire. What is not known here is a fault of the service: its text stays
// in the log.
func translate(ctx context.Context, log *slog.Logger, procedure string, err error) error {
	var (
		done     *connect.Error
		conflict *job.ConflictError
		stale    *job.StaleError
		status   *job.StatusError
		owner    *job.NotOwnerError
		input    *job.InputError
		unknown  *booking.UnknownError
		tooMany  *booking.TooManyError
		inTheWay *booking.InTheWayError
		reused   *booking.RequestReusedError
		booked   *identity.HasBookingsError
		tokens   *identity.TooManyTokensError
		tooFast  *tooFastError
		streams  *tooManyStreamsError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &done):
		return informed(done)
	case errors.As(err, &conflict):
		return coded(connect.CodeFailedPrecondition, err, pb.ErrorReason_ERROR_REASON_SLOT_TAKEN, blocking(conflict), &pb.SlotConflict{
			BlockingJobId: conflict.BlockingID, BlockingUserName: conflict.BlockingUser,
			BlockingStartMs: conflict.Blocking.Start, BlockingEndMs: conflict.Blocking.End, NextFreeStartMs: conflict.NextFree,
		})
	case errors.As(err, &stale):
		return coded(connect.CodeAborted, err, pb.ErrorReason_ERROR_REASON_STALE_VERSION, nil)
	case errors.As(err, &status):
		return coded(connect.CodeFailedPrecondition, err, pb.ErrorReason_ERROR_REASON_WRONG_STATUS,
			map[string]string{"status": string(status.Status)})
	case errors.As(err, &owner):
		return coded(connect.CodePermissionDenied, err, pb.ErrorReason_ERROR_REASON_NOT_OWNER, map[string]string{"owner": owner.Owner})
	case errors.As(err, &input):
		return coded(connect.CodeInvalidArgument, err, pb.ErrorReason_ERROR_REASON_INVALID_FIELDS, nil, violations(input))
	case errors.As(err, &tooMany):
		return coded(connect.CodeResourceExhausted, err, pb.ErrorReason_ERROR_REASON_TOO_MANY_BOOKINGS,
			map[string]string{"limit": strconv.Itoa(tooMany.Limit)})
	case errors.As(err, &tooFast):
		return later(coded(connect.CodeResourceExhausted, err, pb.ErrorReason_ERROR_REASON_TOO_MANY_REQUESTS,
			map[string]string{"retry_after_ms": strconv.FormatInt(tooFast.after.Milliseconds()+1, 10)}), tooFast.after)
	case errors.As(err, &tokens):
		most := map[string]string{"limit": strconv.Itoa(tokens.Limit)}
		return coded(connect.CodeResourceExhausted, err, pb.ErrorReason_ERROR_REASON_TOO_MANY_TOKENS, most)
	case errors.As(err, &streams):
		return coded(connect.CodeResourceExhausted, err, pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS,
			map[string]string{"limit": strconv.Itoa(streams.limit)})
	case errors.As(err, &inTheWay):
		return coded(connect.CodeFailedPrecondition, err, pb.ErrorReason_ERROR_REASON_BOOKINGS_IN_THE_WAY, nil,
			obstacles(inTheWay.Jobs, inTheWay.Count))
	case errors.As(err, &booked):
		return coded(connect.CodeFailedPrecondition, err, pb.ErrorReason_ERROR_REASON_BOOKINGS_IN_THE_WAY, nil,
			obstacles(booked.Jobs, len(booked.Jobs)))
	case errors.As(err, &reused):
		return coded(connect.CodeAlreadyExists, err, pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
			map[string]string{"job_id": reused.JobID})
	case errors.As(err, &unknown):
		return coded(connect.CodeNotFound, err, pb.ErrorReason_ERROR_REASON_NOT_FOUND,
			map[string]string{"what": unknown.What, "name": unknown.Name})
	}
	for _, known := range []struct {
		err    error
		code   connect.Code
		reason pb.ErrorReason
	}{
		{identity.ErrNotSignedIn, connect.CodeUnauthenticated, pb.ErrorReason_ERROR_REASON_NOT_SIGNED_IN},
		{store.ErrUserDeleted, connect.CodeUnauthenticated, pb.ErrorReason_ERROR_REASON_NOT_SIGNED_IN},
		{identity.ErrInvitationNeeded, connect.CodePermissionDenied, pb.ErrorReason_ERROR_REASON_INVITATION_NEEDED},
		{identity.ErrSignInClosed, connect.CodePermissionDenied, pb.ErrorReason_ERROR_REASON_SIGN_IN_CLOSED},
		{identity.ErrLastAdministrator, connect.CodeFailedPrecondition, pb.ErrorReason_ERROR_REASON_LAST_ADMINISTRATOR},
		{errNotAdministrator, connect.CodePermissionDenied, pb.ErrorReason_ERROR_REASON_NOT_ADMINISTRATOR},
		{booking.ErrNotReady, connect.CodeUnavailable, pb.ErrorReason_ERROR_REASON_NOT_READY},
		{booking.ErrStopping, connect.CodeUnavailable, pb.ErrorReason_ERROR_REASON_STOPPING},
		{errStopping, connect.CodeUnavailable, pb.ErrorReason_ERROR_REASON_STOPPING},
		{store.ErrClosed, connect.CodeUnavailable, pb.ErrorReason_ERROR_REASON_STOPPING},
		{store.ErrNameTaken, connect.CodeAlreadyExists, pb.ErrorReason_ERROR_REASON_NAME_TAKEN},
		{store.ErrUnavailable, connect.CodeUnavailable, pb.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE},
		{store.ErrFull, connect.CodeResourceExhausted, pb.ErrorReason_ERROR_REASON_STORE_FULL},
		{worker.ErrRemote, connect.CodeFailedPrecondition, pb.ErrorReason_ERROR_REASON_WRONG_STATUS},
	} {
		if errors.Is(err, known.err) {
			return coded(known.code, known.err, known.reason, nil)
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return coded(connect.CodeCanceled, errors.New("the request was cancelled"), pb.ErrorReason_ERROR_REASON_CANCELLED, nil)
	case errors.Is(err, context.DeadlineExceeded):
		return coded(connect.CodeDeadlineExceeded, errors.New("the request took too long"), pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
			nil)
	}
	log.ErrorContext(ctx, "request failed", "procedure", procedure, "err", err)
	fault := errors.New("something went wrong in the service; its log says what")
	return coded(connect.CodeInternal, fault, pb.ErrorReason_ERROR_REASON_INTERNAL, nil)
}

// informed is an error that was made elsewhere, with a reason if it has none.
func informed(err *connect.Error) error {
	reasons := map[connect.Code]pb.ErrorReason{
		connect.CodeInvalidArgument:   pb.ErrorReason_ERROR_REASON_MALFORMED,
		connect.CodeResourceExhausted: pb.ErrorReason_ERROR_REASON_TOO_LARGE,
		connect.CodeCanceled:          pb.ErrorReason_ERROR_REASON_CANCELLED,
		connect.CodeDeadlineExceeded:  pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
	}
	reason, known := reasons[err.Code()]
	if !known {
		reason = pb.ErrorReason_ERROR_REASON_INTERNAL
	}
	for _, detail := range err.Details() {
		switch detail.Type() {
		case string((&pb.ErrorInfo{}).ProtoReflect().Descriptor().FullName()):
			return err
		case string((&validate.Violations{}).ProtoReflect().Descriptor().FullName()):
			reason = pb.ErrorReason_ERROR_REASON_INVALID_FIELDS
		}
	}
	return attach(err, &pb.ErrorInfo{Reason: reason})
}

// later says in HTTP's own way when to try again, in whole seconds.
func later(err *connect.Error, after time.Duration) error {
	err.Meta().Set("Retry-After", seconds(after))
	return err
}

func seconds(after time.Duration) string { return strconv.Itoa(int(math.Ceil(after.Seconds()))) }

// maxObstacles is how many bookings in the way are named.
const maxObstacles = 100

// obstacles names the earliest of bookings that are in the way.
func obstacles(jobs []job.Job, total int) *pb.PauseConflict {
	return &pb.PauseConflict{Total: int32(total), Bookings: each(jobs[:min(len(jobs), maxObstacles)], func(j job.Job) *pb.PauseObstacle {
		return &pb.PauseObstacle{JobId: j.ID, UserName: j.UserName, StartMs: j.Start, EndMs: j.Slot().End}
	})}
}

// blocking names the job in the way; a pause has no id.
func blocking(conflict *job.ConflictError) map[string]string {
	if conflict.Pause {
		return nil
	}
	return map[string]string{"job_id": conflict.BlockingID}
}

func coded(code connect.Code, err error, reason pb.ErrorReason, metadata map[string]string, more ...proto.Message) *connect.Error {
	return attach(connect.NewError(code, err), append(more, &pb.ErrorInfo{Reason: reason, Metadata: metadata})...)
}

func attach(err *connect.Error, details ...proto.Message) *connect.Error {
	for _, message := range details {
		if detail, detailErr := connect.NewErrorDetail(message); detailErr == nil {
			err.AddDetail(detail)
		}
	}
	return err
}

// violations are field errors in the form in which the schema's own rules report theirs.
func violations(input *job.InputError) *validate.Violations {
	list := &validate.Violations{}
	for _, f := range input.Fields {
		element := &validate.FieldPathElement{FieldName: proto.String(f.Field)}
		if f.Key != "" {
			element.Subscript = &validate.FieldPathElement_StringKey{StringKey: f.Key}
		}
		list.Violations = append(list.Violations, &validate.Violation{
			Field: &validate.FieldPath{Elements: []*validate.FieldPathElement{element}}, RuleId: proto.String("workflow"),
			Message: proto.String(f.Message),
		})
	}
	return list
}
