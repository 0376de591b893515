package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

var (
	errNotAdministrator = fault.New(fault.NotAdministrator, "only administrators may do this")
	errStopping         = fault.New(fault.Stopping, "the service is stopping: try again when it is back")
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

// translate turns an error into what goes over the wire: it always carries one ErrorInfo. An error that is no fault is a
// failure of the service: its text stays in the log.
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

func faultToConnect(f *fault.Error) *connect.Error {
	err := connect.NewError(codes[f.Kind()], f)
	if f.RetryAfter > 0 {
		err.Meta().Set("Retry-After", seconds(f.RetryAfter))
	}
	return attach(err, infoToProto(f))
}

// infoToProto is a fault for programs: its reason, its fields and its detail.
func infoToProto(f *fault.Error) *pb.ErrorInfo {
	info := &pb.ErrorInfo{Reason: errorReasons[f.Reason], Metadata: f.Metadata, Fields: each(f.Fields, fieldToProto)}
	switch detail := f.Detail.(type) {
	case *fault.SlotConflict:
		info.Detail = &pb.ErrorInfo_SlotConflict{SlotConflict: conflictToProto(detail)}
	case *fault.BookingsInTheWay:
		info.Detail = &pb.ErrorInfo_PauseConflict{PauseConflict: inTheWayToProto(detail)}
	}
	return info
}

func fieldToProto(f fault.Field) *pb.FieldViolation {
	out := &pb.FieldViolation{Field: f.Name, Rule: f.Name, Message: f.Message}
	if f.Key != "" {
		out.Field = fmt.Sprintf("%s[%q]", f.Name, f.Key)
	}
	switch f.Name {
	case "inputs", "reset_inputs":
		out.Rule = "input"
	case "start_ms", "earliest_start_ms":
		out.Rule = "range"
	}
	return out
}

func conflictToProto(c *fault.SlotConflict) *pb.SlotConflict {
	out := &pb.SlotConflict{TimeSlot: slotToProto(c.Slot), NextFreeStartMs: c.NextFree, NextFreeWorkerId: c.NextFreeWorker}
	if c.Pause {
		out.Blocker = &pb.SlotConflict_Pause{Pause: &pb.PauseBlocker{Reason: c.PauseReason, UserName: c.UserName}}
	} else {
		out.Blocker = &pb.SlotConflict_Job{Job: &pb.JobBlocker{JobId: c.JobID, UserName: c.UserName}}
	}
	return out
}

func inTheWayToProto(b *fault.BookingsInTheWay) *pb.PauseConflict {
	return &pb.PauseConflict{
		Total: int32(b.Count),
		Bookings: each(b.Bookings, func(b fault.Booking) *pb.PauseObstacle {
			return &pb.PauseObstacle{JobId: b.JobID, UserName: b.UserName, TimeSlot: slotToProto(b.Slot)}
		}),
	}
}

// informed is an error that connect made, with a reason if it has none.
func informed(err *connect.Error) error {
	for _, detail := range err.Details() {
		if detail.Type() == string((&pb.ErrorInfo{}).ProtoReflect().Descriptor().FullName()) {
			return err
		}
	}
	reasons := map[connect.Code]pb.ErrorReason{
		connect.CodeInvalidArgument:   pb.ErrorReason_ERROR_REASON_MALFORMED,
		connect.CodeResourceExhausted: pb.ErrorReason_ERROR_REASON_TOO_LARGE,
		connect.CodeCanceled:          pb.ErrorReason_ERROR_REASON_CANCELLED,
		connect.CodeDeadlineExceeded:  pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
		connect.CodeUnimplemented:     pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD,
	}
	reason, known := reasons[err.Code()]
	if !known {
		reason = pb.ErrorReason_ERROR_REASON_INTERNAL
	}
	return attach(err, &pb.ErrorInfo{Reason: reason})
}

// seconds is a time to wait in HTTP's own way, in whole seconds.
func seconds(after time.Duration) string { return strconv.Itoa(int(math.Ceil(after.Seconds()))) }

// coded is an error of the protocol itself.
func coded(code connect.Code, err error, reason pb.ErrorReason) *connect.Error {
	return attach(connect.NewError(code, err), &pb.ErrorInfo{Reason: reason})
}

func attach(err *connect.Error, detail proto.Message) *connect.Error {
	if encoded, detailErr := connect.NewErrorDetail(detail); detailErr == nil {
		err.AddDetail(encoded)
	}
	return err
}
