package framemesh

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refusal is the error of a stream that would end the same way again.
func (c *Camera) refusal(service, address string, with *status.Status) error {
	if with.Code() == codes.NotFound {
		return fmt.Errorf("%w: %s at %s: %s", ErrPipelineUnknown, service, address, words(with))
	}
	return fmt.Errorf("%w: %s at %s refuses camera %q of pipeline %q: %s", ErrRefused, service, address,
		c.target.Camera, c.target.Pipeline, words(with))
}

// isFinal is whether the next stream would end the same way. With any other status it may succeed: a
// restart, a drain, a network that was cut.
func isFinal(code codes.Code) bool {
	switch code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied,
		codes.Unauthenticated, codes.FailedPrecondition, codes.OutOfRange, codes.Unimplemented:
		return true
	default:
		return false
	}
}

// renews is whether the token of a camera that was let in before has ended, and the next may be another.
func (c *Camera) renews(code codes.Code, letIn bool) bool {
	return code == codes.Unauthenticated && c.options.token != nil && letIn
}

func words(of *status.Status) string {
	if of.Message() != "" {
		return of.Message()
	}
	return of.Code().String()
}

func (c *Camera) addresses() string { return strings.Join(c.target.Addresses, ", ") }
