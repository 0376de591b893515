// Package apierror turns errors into what callers are answered: for calls an error of Connect with one ErrorInfo, over plain HTTP the
// same as JSON, or as words for people whose browser has gone to an address.
package apierror

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
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// errInternal stands for whatever is for the log only.
var errInternal = errors.New("something went wrong in the service; its log says what")

// ErrNothingToCall refuses a method of HTTP at an address that only has something to get.
var ErrNothingToCall = New(connect.CodeUnimplemented, errors.New("there is nothing to call here"),
	pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD)

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

// Translate turns an error into one of Connect that carries one ErrorInfo; nil for nil. An error that is no fault is a failure of the
// service: its text stays in the log.
func Translate(ctx context.Context, log *slog.Logger, procedure string, err error) error {
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
		return New(connect.CodeCanceled, errors.New("the request was cancelled"), pb.ErrorReason_ERROR_REASON_CANCELLED)
	case errors.Is(err, context.DeadlineExceeded):
		return New(connect.CodeDeadlineExceeded, errors.New("the request took too long"), pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED)
	}
	log.ErrorContext(ctx, "request failed", "procedure", procedure, "err", err)
	return New(connect.CodeInternal, errInternal, pb.ErrorReason_ERROR_REASON_INTERNAL)
}

func faultToConnect(f *fault.Error) *connect.Error {
	err := connect.NewError(codes[f.Kind()], f)
	if f.RetryAfter > 0 {
		err.Meta().Set("Retry-After", seconds(f.RetryAfter))
	}
	return Attach(err, Info(f))
}

// Info returns a fault for programs: its reason, its fields and its detail.
func Info(f *fault.Error) *pb.ErrorInfo {
	info := &pb.ErrorInfo{Reason: reasons[f.Reason], Metadata: f.Metadata, Fields: fieldsToProto(f.Fields)}
	switch detail := f.Detail.(type) {
	case *fault.SlotConflict:
		info.Detail = &pb.ErrorInfo_SlotConflict{SlotConflict: conflictToProto(detail)}
	case *fault.BookingsInTheWay:
		info.Detail = &pb.ErrorInfo_PauseConflict{PauseConflict: inTheWayToProto(detail)}
	}
	return info
}

func fieldsToProto(fields []fault.Field) []*pb.FieldViolation {
	out := make([]*pb.FieldViolation, len(fields))
	for i, f := range fields {
		out[i] = fieldToProto(f)
	}
	return out
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
	if c.FilesAt > 0 {
		out.Blocker = &pb.SlotConflict_Files{Files: &pb.FilesBlocker{WorkerId: c.FilesWorker, ReadyMs: c.FilesAt}}
	} else if c.Pause {
		out.Blocker = &pb.SlotConflict_Pause{Pause: &pb.PauseBlocker{Reason: c.PauseReason, UserName: c.UserName}}
	} else {
		out.Blocker = &pb.SlotConflict_Job{Job: &pb.JobBlocker{JobId: c.JobID, UserName: c.UserName}}
	}
	return out
}

func inTheWayToProto(b *fault.BookingsInTheWay) *pb.PauseConflict {
	out := &pb.PauseConflict{Total: int32(b.Count)}
	for _, one := range b.Bookings {
		out.Bookings = append(out.Bookings, &pb.PauseObstacle{JobId: one.JobID, UserName: one.UserName, TimeSlot: slotToProto(one.Slot)})
	}
	return out
}

// informed is an error that connect made, with a reason if it has none.
func informed(err *connect.Error) error {
	for _, detail := range err.Details() {
		if detail.Type() == string((&pb.ErrorInfo{}).ProtoReflect().Descriptor().FullName()) {
			return err
		}
	}
	usual := map[connect.Code]pb.ErrorReason{
		connect.CodeInvalidArgument:   pb.ErrorReason_ERROR_REASON_MALFORMED,
		connect.CodeResourceExhausted: pb.ErrorReason_ERROR_REASON_TOO_LARGE,
		connect.CodeCanceled:          pb.ErrorReason_ERROR_REASON_CANCELLED,
		connect.CodeDeadlineExceeded:  pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED,
		connect.CodeUnimplemented:     pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD,
	}
	reason, known := usual[err.Code()]
	if !known {
		reason = pb.ErrorReason_ERROR_REASON_INTERNAL
	}
	return Attach(err, &pb.ErrorInfo{Reason: reason})
}

// seconds is a time to wait in HTTP's own way, in whole seconds.
func seconds(after time.Duration) string { return strconv.Itoa(int(math.Ceil(after.Seconds()))) }

// New makes an error of the protocol itself.
func New(code connect.Code, err error, reason pb.ErrorReason) *connect.Error {
	return Attach(connect.NewError(code, err), &pb.ErrorInfo{Reason: reason})
}

// Attach adds a detail to an error, and gives the same one.
func Attach(err *connect.Error, detail proto.Message) *connect.Error {
	if encoded, detailErr := connect.NewErrorDetail(detail); detailErr == nil {
		err.AddDetail(encoded)
	}
	return err
}

func slotToProto(s schedule.Slot) *pb.TimeSlot { return &pb.TimeSlot{StartMs: s.Start, EndMs: s.End} }
