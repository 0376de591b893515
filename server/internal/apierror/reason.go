package apierror

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// reasons are those of the schema, by reasons of faults.
var reasons = map[fault.Reason]pb.ErrorReason{
	fault.InvalidFields:     pb.ErrorReason_ERROR_REASON_INVALID_FIELDS,
	fault.NotFound:          pb.ErrorReason_ERROR_REASON_NOT_FOUND,
	fault.SlotTaken:         pb.ErrorReason_ERROR_REASON_SLOT_TAKEN,
	fault.StaleVersion:      pb.ErrorReason_ERROR_REASON_STALE_VERSION,
	fault.StaleWorkflow:     pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW,
	fault.WorkflowRefused:   pb.ErrorReason_ERROR_REASON_WORKFLOW_REFUSED,
	fault.NotBookable:       pb.ErrorReason_ERROR_REASON_NOT_BOOKABLE,
	fault.WrongStatus:       pb.ErrorReason_ERROR_REASON_WRONG_STATUS,
	fault.RequestIDReused:   pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
	fault.NotOwner:          pb.ErrorReason_ERROR_REASON_NOT_OWNER,
	fault.BookingsInWay:     pb.ErrorReason_ERROR_REASON_BOOKINGS_IN_THE_WAY,
	fault.NotSignedIn:       pb.ErrorReason_ERROR_REASON_NOT_SIGNED_IN,
	fault.NotAdministrator:  pb.ErrorReason_ERROR_REASON_NOT_ADMINISTRATOR,
	fault.InvitationNeeded:  pb.ErrorReason_ERROR_REASON_INVITATION_NEEDED,
	fault.SignInClosed:      pb.ErrorReason_ERROR_REASON_SIGN_IN_CLOSED,
	fault.LastAdministrator: pb.ErrorReason_ERROR_REASON_LAST_ADMINISTRATOR,
	fault.NameTaken:         pb.ErrorReason_ERROR_REASON_NAME_TAKEN,
	fault.TooManyBookings:   pb.ErrorReason_ERROR_REASON_TOO_MANY_BOOKINGS,
	fault.TooMuchTime:       pb.ErrorReason_ERROR_REASON_TOO_MUCH_GPU_TIME,
	fault.TooManyTokens:     pb.ErrorReason_ERROR_REASON_TOO_MANY_TOKENS,
	fault.TooManyStreams:    pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS,
	fault.TooManyRequests:   pb.ErrorReason_ERROR_REASON_TOO_MANY_REQUESTS,
	fault.NotReady:          pb.ErrorReason_ERROR_REASON_NOT_READY,
	fault.Stopping:          pb.ErrorReason_ERROR_REASON_STOPPING,
	fault.StoreFull:         pb.ErrorReason_ERROR_REASON_STORE_FULL,
	fault.StoreUnavailable:  pb.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE,
	fault.TooLarge:          pb.ErrorReason_ERROR_REASON_TOO_LARGE,
	fault.UnsupportedFile:   pb.ErrorReason_ERROR_REASON_UNSUPPORTED_FILE,
	fault.QuotaExceeded:     pb.ErrorReason_ERROR_REASON_QUOTA_EXCEEDED,
	fault.AssetInUse:        pb.ErrorReason_ERROR_REASON_ASSET_IN_USE,
	fault.Private:           pb.ErrorReason_ERROR_REASON_PRIVATE,
	fault.WrongOrigin:       pb.ErrorReason_ERROR_REASON_WRONG_ORIGIN,
	fault.ResultChanged:     pb.ErrorReason_ERROR_REASON_RESULT_CHANGED,
}
