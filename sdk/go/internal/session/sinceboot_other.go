//go:build !linux

package session

// SinceBoot are nanoseconds by a clock that is not set.
func SinceBoot() int64 { return running() }
