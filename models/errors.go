package models

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an Error is; handlers turn it into a status.
type Code string

// The codes. Each names one kind of answer a caller can act on.
const (
	Invalid      Code = "invalid"       // the caller's input is wrong: 400
	Unprocessed  Code = "unprocessable" // well-formed, but refused by a rule: 422
	Unauthorised Code = "unauthorised"  // nobody is signed in: 401
	Forbidden    Code = "forbidden"     // signed in, visible, not allowed: 403
	NotFound     Code = "not_found"     // absent or invisible: 404
	Conflict     Code = "conflict"      // somebody else was first: 409
	TooLarge     Code = "too_large"     // over a size limit: 413
	Unsupported  Code = "unsupported"   // a media type we do not read: 415
	Busy         Code = "busy"          // over capacity, try again: 503
	Internal     Code = "internal"      // our fault: 500
)

// Error is a failure with two readers: Message is a sentence for a person, the
// wrapped cause is for the log.
type Error struct {
	Code    Code
	Message string
	Field   string // the input it is about, or empty
	cause   error
}

// Error is the sentence for a person.
func (e *Error) Error() string { return e.Message }

// Unwrap is the cause, for the log.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error of a code and a sentence. A %w keeps a cause.
func Errorf(code Code, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: wrapped.Error(), cause: errors.Unwrap(wrapped)}
}

// FieldErrorf is Errorf about one named field of the input.
func FieldErrorf(code Code, field, format string, args ...any) *Error {
	err := Errorf(code, format, args...)
	err.Field = field
	return err
}

// Because keeps a cause for the log that the sentence does not tell.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// CodeOf is the code of the first Error in the chain, Internal when there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
