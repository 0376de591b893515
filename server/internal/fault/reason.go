package fault

import (
	"maps"
	"slices"
)

// Kind is a class of errors that callers treat alike.
type Kind int

// The kinds.
const (
	BadRequest   Kind = iota + 1 // the request is wrong in itself: another one is needed
	Missing                      // there is no such thing
	Exists                       // there is such a thing already
	Precondition                 // the state of things does not allow it
	Outdated                     // it was decided on something that has changed: read it again
	Unrecognised                 // nobody, or somebody unknown, asks
	Forbidden                    // the user may not do this
	Exhausted                    // a limit is reached
	Unavailable                  // the service cannot do it at present: try again
)

// Reason tells programs why something was refused.
type Reason string

// The reasons.
const (
	InvalidFields     Reason = "invalid_fields"
	NotFound          Reason = "not_found"  // metadata "what" and "name"
	SlotTaken         Reason = "slot_taken" // detail *SlotConflict
	StaleVersion      Reason = "stale_version"
	StaleWorkflow     Reason = "stale_workflow"      // metadata "workflow_id" and "version", the current one; Fields: what changed
	WorkflowRefused   Reason = "workflow_refused"    // Fields: each thing that is wrong with the file
	NotBookable       Reason = "not_bookable"        // metadata "workflow_id"
	WrongStatus       Reason = "wrong_status"        // metadata "status" of a job
	RequestIDReused   Reason = "request_id_reused"   // metadata "job_id"
	NotOwner          Reason = "not_owner"           // metadata "owner"
	BookingsInWay     Reason = "bookings_in_the_way" // detail *BookingsInTheWay
	NotSignedIn       Reason = "not_signed_in"
	NotAdministrator  Reason = "not_administrator"
	InvitationNeeded  Reason = "invitation_needed"
	SignInClosed      Reason = "sign_in_closed"
	LastAdministrator Reason = "last_administrator"
	NameTaken         Reason = "name_taken"
	TooManyBookings   Reason = "too_many_bookings" // metadata "limit"
	TooMuchTime       Reason = "too_much_time"     // metadata "limit", "limit_ms" and "would_be_ms"
	TooManyTokens     Reason = "too_many_tokens"   // metadata "limit"
	TooManyStreams    Reason = "too_many_streams"  // metadata "limit"
	TooManyRequests   Reason = "too_many_requests" // with RetryAfter
	NotReady          Reason = "not_ready"
	Stopping          Reason = "stopping"
	StoreFull         Reason = "store_full"
	StoreUnavailable  Reason = "store_unavailable"
	TooLarge          Reason = "too_large"
	UnsupportedFile   Reason = "unsupported_file" // metadata "media_type"
	QuotaExceeded     Reason = "quota_exceeded"   // metadata "used_bytes" and "quota_bytes"
	AssetInUse        Reason = "asset_in_use"     // metadata "job_id"
	ResultChanged     Reason = "result_changed"   // metadata "job_id"
	Private           Reason = "private"
	WrongOrigin       Reason = "wrong_origin"
)

var kinds = map[Reason]Kind{
	InvalidFields:     BadRequest,
	NotFound:          Missing,
	SlotTaken:         Precondition,
	StaleVersion:      Outdated,
	StaleWorkflow:     Precondition,
	WorkflowRefused:   BadRequest,
	NotBookable:       Precondition,
	WrongStatus:       Precondition,
	RequestIDReused:   Exists,
	NotOwner:          Forbidden,
	BookingsInWay:     Precondition,
	NotSignedIn:       Unrecognised,
	NotAdministrator:  Forbidden,
	InvitationNeeded:  Forbidden,
	SignInClosed:      Forbidden,
	LastAdministrator: Precondition,
	NameTaken:         Exists,
	TooManyBookings:   Exhausted,
	TooMuchTime:       Exhausted,
	TooManyTokens:     Exhausted,
	TooManyStreams:    Exhausted,
	TooManyRequests:   Exhausted,
	NotReady:          Unavailable,
	Stopping:          Unavailable,
	StoreFull:         Exhausted,
	StoreUnavailable:  Unavailable,
	TooLarge:          Exhausted,
	UnsupportedFile:   BadRequest,
	QuotaExceeded:     Exhausted,
	AssetInUse:        Precondition,
	ResultChanged:     Precondition,
	Private:           Forbidden,
	WrongOrigin:       Forbidden,
}

// Reasons lists all reasons.
func Reasons() []Reason { return slices.Sorted(maps.Keys(kinds)) }
