package framemesh

import (
	"errors"
	"fmt"
	"time"
)

// The errors of the SDK. What is returned wraps one of them, and says in one line what is wrong and what to
// do.
var (
	// ErrBadOption: an option, or the target of a camera, cannot be used.
	ErrBadOption = errors.New("bad option")
	// ErrBadFrame: the frame cannot be passed on as it is given.
	ErrBadFrame = errors.New("bad frame")
	// ErrClosed: a frame was sent with a camera that was closed.
	ErrClosed = errors.New("camera is closed")
	// ErrRefused: ingest, or the monitor, refuses this camera for good; trying again would not help.
	ErrRefused = errors.New("camera refused")
	// ErrPipelineUnknown: there is no pipeline of that name. It is an ErrRefused too.
	ErrPipelineUnknown = fmt.Errorf("%w: pipeline unknown", ErrRefused)
	// ErrSpool: the spool on disk cannot be read or written. A frame was not taken.
	ErrSpool = errors.New("spool failed")
	// ErrSpoolInUse: another camera has the spool. It is an ErrSpool too.
	ErrSpoolInUse = fmt.Errorf("%w: in use", ErrSpool)
	// ErrUnreachable: there was no connection to ingest, or to the monitor, in time.
	ErrUnreachable = errors.New("unreachable")
	// ErrNoCredit: the credit is used up: at this moment, or for as long as the context allowed.
	ErrNoCredit = errors.New("no credit")
	// ErrUnacknowledged: the camera was closed while frames were unacknowledged. They may be stored or not.
	// The error is an *UnacknowledgedError.
	ErrUnacknowledged = errors.New("frames unacknowledged")
)

// An UnacknowledgedError says how many frames had no answer when the camera was closed.
type UnacknowledgedError struct {
	Address string
	Count   int
	Waited  time.Duration
	// Spool is the folder on disk where they are; empty: they are gone.
	Spool string
}

// Error implements error.
func (e *UnacknowledgedError) Error() string {
	hint := "is the buffer of the pipeline full? `framemesh status` shows it; a longer WithCloseTimeout " +
		"waits on"
	if e.Spool != "" {
		hint = "they stay in the spool " + e.Spool + ", and the next camera with it sends them"
	}
	return fmt.Sprintf("ingest at %s left %d frames unacknowledged for %v: %s", e.Address, e.Count,
		e.Waited.Round(time.Millisecond), hint)
}

// Is makes it an ErrUnacknowledged.
func (e *UnacknowledgedError) Is(target error) bool { return target == ErrUnacknowledged }
