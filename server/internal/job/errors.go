package job

import (
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// ConflictError says that a slot is taken.
type ConflictError struct {
	BlockingID   string
	BlockingUser string // name
	Blocking     schedule.Slot
	NextFree     int64  // first start at or after the wanted one that fits
	Pause        bool   // it is a pause of the worker, made by BlockingUser
	Reason       string // of the pause
}

func (e *ConflictError) Error() string {
	if e.Pause {
		if e.Reason != "" {
			return fmt.Sprintf("%s has paused the worker then: %s", e.BlockingUser, e.Reason)
		}
		return fmt.Sprintf("%s has paused the worker then", e.BlockingUser)
	}
	return fmt.Sprintf("the slot is taken by %s's job %s", e.BlockingUser, e.BlockingID)
}

// StatusError says that a job's status does not allow a change.
type StatusError struct {
	Status Status
	Verb   string // past participle: "edited", "cancelled"
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the job is %s and cannot be %s any more", e.Status, e.Verb)
}

// StaleError says that a job was changed since the caller read it.
type StaleError struct {
	Version int64 // the current one
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("the job was changed meanwhile (it is at version %d now): read it again", e.Version)
}

// NotOwnerError says that a job belongs to somebody else.
type NotOwnerError struct {
	Owner string // name
}

func (e *NotOwnerError) Error() string {
	return fmt.Sprintf("the job belongs to %s", e.Owner)
}

// FieldError is what is wrong with one field of a request. Key is set for one entry of a map field.
type FieldError struct {
	Field   string
	Key     string
	Message string
}

// InputError is everything that is wrong with the fields of a request.
type InputError struct {
	Fields []FieldError
}

// Add notes one more field.
func (e *InputError) Add(field, key, message string) {
	e.Fields = append(e.Fields, FieldError{field, key, message})
}

// OrNil is the error, or nil when no field is wrong.
func (e *InputError) OrNil() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

func (e *InputError) Error() string {
	var parts []string
	for _, f := range e.Fields {
		name := f.Field
		if f.Key != "" {
			name += fmt.Sprintf("[%q]", f.Key)
		}
		parts = append(parts, name+": "+f.Message)
	}
	return strings.Join(parts, "; ")
}
