package session

import (
	"math/rand/v2"
	"time"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second

	// openingTimeout is how long one attempt may take from the call to the first response of ingest.
	openingTimeout = 10 * time.Second
)

// Reconnect says when a camera opens its next stream. Times are of a monotonic clock.
type Reconnect struct {
	addresses      int
	tried          int // since the last answer
	connectTimeout time.Duration
	deadline       time.Time // for the first stream to be open; zero: none was begun, or one was open
	next           time.Duration
	random         func() float64
}

// NewReconnect returns the policy of a camera that has so many addresses to try, and whose first stream has
// to be open within connectTimeout.
func NewReconnect(addresses int, connectTimeout time.Duration) *Reconnect {
	return &Reconnect{
		addresses: addresses, connectTimeout: connectTimeout, next: firstPause, random: rand.Float64,
	}
}

// Start tells that the first stream is about to be opened.
func (r *Reconnect) Start(now time.Time) { r.deadline = now.Add(r.connectTimeout) }

// OpeningTimeout is how long the attempt that begins now may take until the stream is open.
func (r *Reconnect) OpeningTimeout(now time.Time) time.Duration {
	if r.deadline.IsZero() {
		return openingTimeout
	}
	return min(openingTimeout, max(0, r.deadline.Sub(now)))
}

// Opened tells of an open stream: the next ones have no deadline.
func (r *Reconnect) Opened() { r.deadline = time.Time{} }

// Progressed tells that a frame was answered: the next break is a new one, and its first pause is short.
func (r *Reconnect) Progressed() { r.next, r.tried = firstPause, 0 }

// Pause is how long to wait after a stream that ended now; false if there was none within the time-out. It
// grows once all addresses were tried.
func (r *Reconnect) Pause(now time.Time) (time.Duration, bool) {
	// Spread, so that the cameras of a server that starts again do not come at once.
	pause := time.Duration((0.5 + 0.5*r.random()) * float64(r.next))
	if r.tried++; r.tried%r.addresses == 0 {
		r.next = min(2*r.next, longestPause)
	}
	switch {
	case r.deadline.IsZero():
		return pause, true
	case now.Before(r.deadline):
		return min(pause, r.deadline.Sub(now)), true
	default:
		return 0, false
	}
}
