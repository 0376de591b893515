package rpc

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

var (
	errNotAdministrator = fault.New(fault.NotAdministrator, "only administrators may do this")
	errStopping         = fault.New(fault.Stopping, "the service is stopping")
)

// codes are those of the kinds of faults.
var codes = map[fault.Kind]connect.Code{
	fault.BadRequest:   connect.CodeInvalidArgument,
	fault.Missing:      connect.CodeNotFound,
	fault.Exists:       connect.CodeAlreadyExists,
	fault.Precondition: connect.CodeFailedPrecondition,
	fault.Outdated:     connect.CodeAborted,
	fault.Unrecognised: connect.CodeUnauthenticated,
	fault.Forbidden:    connect.CodePermissionDenied,
	fault.Exhausted:    connect.CodeResourceExhausted,
	fault.Unavailable:  connect.CodeUnavailable,
}

// reasonToProto finds a reason by its name, which is the same in the schema.
func reasonToProto(r fault.Reason) pb.ErrorReason {
	return pb.ErrorReason(pb.ErrorReason_value["ERROR_REASON_"+strings.ToUpper(string(r))])
}

// translate turns an error into what goes over the wire. An error that is no fault is a failure of the service: its text
// stays in the log.
func translate(ctx context.Context, log *slog.Logger, procedure string, err error) error {
	if err == nil {
		return nil
	}
	var done *connect.Error
	if errors.As(err, &done) {
		return informed(done)
	}
	if refused, is := fault.Of(err); is {
		return faultToConnect(refused)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return coded(connect.CodeCanceled, errors.New("the request was cancelled"), pb.ErrorReason_ERROR_REASON_CANCELLED)
	case errors.Is(err, context.DeadlineExceeded):
		return coded(connect.CodeDeadlineExceeded, errors.New("the request took too long"), pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED)
	}
	log.ErrorContext(ctx, "request failed", "procedure", procedure, "err", err)
	failure := errors.New("something went wrong in the service; its log says what")
	return coded(connect.CodeInternal, failure, pb.ErrorReason_ERROR_REASON_INTERNAL)
}

// faultToConnect says a fault with its detail, its reason and its fields.
func faultToConnect(f *fault.Error) *connect.Error {
	err := connect.NewError(codes[f.Kind()], f)
	switch detail := f.Detail.(type) {
	case *fault.SlotConflict:
		attach(err, conflictToProto(detail))
	case *fault.BookingsInTheWay:
		attach(err, inTheWayToProto(detail))
	}
	if len(f.Fields) > 0 {
		attach(err, violations(f.Fields))
	}
	if f.RetryAfter > 0 {
		err.Meta().Set("Retry-After", seconds(f.RetryAfter))
	}
	return attach(err, &pb.ErrorInfo{Reason: reasonToProto(f.Reason), Metadata: f.Metadata})
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

// seconds is a time to wait in HTTP's own way, in whole seconds.
func seconds(after time.Duration) string { return strconv.Itoa(int(math.Ceil(after.Seconds()))) }

func conflictToProto(c *fault.SlotConflict) *pb.SlotConflict {
	return &pb.SlotConflict{
		BlockingJobId:    c.JobID,
		BlockingUserName: c.UserName,
		BlockingStartMs:  c.Slot.Start,
		BlockingEndMs:    c.Slot.End,
		NextFreeStartMs:  c.NextFree,
	}
}

func inTheWayToProto(b *fault.BookingsInTheWay) *pb.PauseConflict {
	return &pb.PauseConflict{Total: int32(b.Count), Bookings: each(b.Bookings, func(b fault.Booking) *pb.PauseObstacle {
		return &pb.PauseObstacle{JobId: b.JobID, UserName: b.UserName, StartMs: b.Slot.Start, EndMs: b.Slot.End}
	})}
}

// coded is an error of the protocol itself.
func coded(code connect.Code, err error, reason pb.ErrorReason) *connect.Error {
	return attach(connect.NewError(code, err), &pb.ErrorInfo{Reason: reason})
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
func violations(fields fault.Fields) *validate.Violations {
	list := &validate.Violations{}
	for _, f := range fields {
		element := &validate.FieldPathElement{FieldName: proto.String(f.Name)}
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
