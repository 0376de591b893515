// Package exitcode holds the exit codes that scripts may rely on, and errors that carry one.
package exitcode

import (
	"fmt"
	"strings"
)

// The exit codes. Interrupted follows the shell's habit for a program that was stopped by Ctrl-C.
const (
	OK          = 0
	Failure     = 1
	Usage       = 2
	Conflict    = 3
	NotFound    = 4
	NotAllowed  = 5
	Unavailable = 6
	JobFailed   = 7
	Interrupted = 130
)

// All is every exit code with its meaning, in the order of the help.
var All = []struct {
	Code    int
	Meaning string
}{
	{OK, "ok"},
	{Failure, "error"},
	{Usage, "usage: the command line or a value was not accepted"},
	{Conflict, "conflict: the slot is taken, somebody changed the job or workflow meanwhile, or the request id has booked another one"},
	{NotFound, "not found"},
	{NotAllowed, "not allowed, or not signed in"},
	{Unavailable, "unavailable: no answer from the server, or not now: it is not ready yet, or is called too often"},
	{JobFailed, "the job failed or was cancelled"},
	{Interrupted, "interrupted by Ctrl-C; what was booked stays booked"},
}

// Help is the table of exit codes as the help shows it.
func Help() string {
	var lines []string
	for _, c := range All {
		lines = append(lines, fmt.Sprintf("  %3d  %s", c.Code, c.Meaning))
	}
	return strings.Join(lines, "\n")
}

// Error is an error that decides the exit code.
type Error struct {
	// Code is one of the constants above.
	Code int
	// Err is the cause to tell; nil when everything has been told already.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error with a code.
func Errorf(code int, format string, args ...any) error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// Usagef makes an error about the command line.
func Usagef(format string, args ...any) error {
	return Errorf(Usage, format, args...)
}

// Silent makes an error that only sets the exit code: the command has told the rest itself.
func Silent(code int) error { return &Error{Code: code} }
