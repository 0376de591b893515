package api

import (
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Info gives the part of an error that the server made for programs. Without one it is nil, which the getters take for empty.
func Info(err error) *pb.ErrorInfo {
	st, ok := Status(err)
	if !ok {
		return nil
	}
	for _, d := range st.Details() {
		if info, ok := d.(*pb.ErrorInfo); ok {
			return info
		}
	}
	return nil
}

// Reason is the server's reason in an error; unspecified when it gave none.
func Reason(err error) pb.ErrorReason { return Info(err).GetReason() }

// Status finds a gRPC status anywhere in an error's chain, without the text that was wrapped around it.
func Status(err error) (*status.Status, bool) {
	var carrier interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &carrier) {
		return nil, false
	}
	return carrier.GRPCStatus(), true
}

// Error makes an error as a call would have had it.
func Error(code codes.Code, message string, info *pb.ErrorInfo) error {
	st, err := status.New(code, message).WithDetails(info)
	if err != nil {
		return status.Error(code, message)
	}
	return st.Err()
}

// Cause shortens what the connection says to its cause.
func Cause(message string) string {
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
