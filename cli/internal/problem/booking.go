package problem

import (
	"google.golang.org/grpc/codes"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// bookingCodes are those with which a booking is refused, by reason; what is not here is a precondition.
var bookingCodes = map[pb.ErrorReason]codes.Code{
	pb.ErrorReason_ERROR_REASON_INVALID_FIELDS:    codes.InvalidArgument,
	pb.ErrorReason_ERROR_REASON_NOT_FOUND:         codes.NotFound,
	pb.ErrorReason_ERROR_REASON_NOT_READY:         codes.Unavailable,
	pb.ErrorReason_ERROR_REASON_TOO_MANY_BOOKINGS: codes.ResourceExhausted,
	pb.ErrorReason_ERROR_REASON_TOO_MUCH_GPU_TIME: codes.ResourceExhausted,
}

// OfBooking makes the error that a booking would have ended with of what a check says.
func OfBooking(p *pb.BookingProblem) error {
	code, known := bookingCodes[p.GetInfo().GetReason()]
	if !known {
		code = codes.FailedPrecondition
	}
	return api.Error(code, p.GetMessage(), p.GetInfo())
}
