package job

import "github.com/comfyscheduler/comfyscheduler/server/internal/fault"

// Refuses says that a job of this status does not allow a change; verb is a past participle, such as "edited".
func (s Status) Refuses(verb string) *fault.Error {
	return fault.Newf(fault.WrongStatus, "the job is %s and cannot be %s any more", s, verb).With("status", string(s))
}
