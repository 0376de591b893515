package api

import (
	"errors"
	"strings"

	"google.golang.org/grpc/status"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Reason is the server's reason in an error; unspecified when it gave none.
func Reason(err error) pb.ErrorReason {
	st, ok := Status(err)
	if !ok {
		return pb.ErrorReason_ERROR_REASON_UNSPECIFIED
	}
	return Detail[*pb.ErrorInfo](st).GetReason()
}

// Metadata is what the server's reason in an error speaks of, by name.
func Metadata(err error) map[string]string {
	st, ok := Status(err)
	if !ok {
		return nil
	}
	return Detail[*pb.ErrorInfo](st).GetMetadata()
}

// Status finds a gRPC status anywhere in an error's chain, without the text that was wrapped around it.
func Status(err error) (*status.Status, bool) {
	var carrier interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &carrier) {
		return nil, false
	}
	return carrier.GRPCStatus(), true
}

// Detail finds one kind of what the server attached to an error; nil when there is none.
func Detail[D any](st *status.Status) (found D) {
	for _, d := range st.Details() {
		if d, ok := d.(D); ok {
			return d
		}
	}
	return found
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
