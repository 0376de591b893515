// Package fault holds the one error that crosses packages: what was refused, for programs and for people. A fault is made
// where the refusal is decided, passes through unchanged, and is translated once, where the service is called. Every other
// error is a failure of the service itself, whose text is for its log.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Error is something that was refused. It must not be changed once it was returned.
type Error struct {
	Reason     Reason
	Message    string            // for people: what is wrong, and what to do about it
	Fields     []Field           // with InvalidFields
	Metadata   map[string]string // more about the reason, for programs
	Detail     any               // what programs act on: *SlotConflict, *BookingsInTheWay, or nil
	RetryAfter time.Duration     // with TooManyRequests
}

// New makes an error.
func New(reason Reason, message string) *Error { return &Error{Reason: reason, Message: message} }

// Newf makes an error with a formatted message.
func Newf(reason Reason, format string, args ...any) *Error {
	return New(reason, fmt.Sprintf(format, args...))
}

// NoSuch says that there is no such thing; what is its kind, such as "job" or "worker".
func NoSuch(what, name string) *Error {
	return Newf(NotFound, "there is no %s %q", what, name).With("what", what).With("name", name)
}

// With gives the error with one more piece of metadata.
func (e *Error) With(key, value string) *Error {
	more := *e
	more.Metadata = maps.Clone(e.Metadata)
	if more.Metadata == nil {
		more.Metadata = map[string]string{}
	}
	more.Metadata[key] = value
	return &more
}

// Kind is the class of the error.
func (e *Error) Kind() Kind { return kinds[e.Reason] }

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Of finds the fault in an error.
func Of(err error) (*Error, bool) {
	var e *Error
	found := errors.As(err, &e)
	return e, found
}

// Is reports whether an error is a fault for that reason.
func Is(err error, reason Reason) bool {
	e, found := Of(err)
	return found && e.Reason == reason
}

// Field says what is wrong with one field of a request. Key names one entry of a field that is a map.
type Field struct {
	Name    string
	Key     string
	Message string
}

// Fields gathers everything that is wrong with the fields of a request.
type Fields []Field

// Invalid says what is wrong with the only field that is.
func Invalid(name, message string) *Error { return invalid(Fields{{Name: name, Message: message}}) }

// Add notes one more field, or one more entry of a map.
func (f *Fields) Add(name, key, message string) { *f = append(*f, Field{name, key, message}) }

// Err is the error, or nil when no field is wrong.
func (f *Fields) Err() error {
	if len(*f) == 0 {
		return nil
	}
	return invalid(*f)
}

func invalid(fields Fields) *Error {
	var parts []string
	for _, f := range fields {
		name := f.Name
		if f.Key != "" {
			name += fmt.Sprintf("[%q]", f.Key)
		}
		parts = append(parts, name+": "+f.Message)
	}
	return &Error{Reason: InvalidFields, Message: strings.Join(parts, "; "), Fields: fields}
}
