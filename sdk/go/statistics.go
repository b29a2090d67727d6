package framemesh

import "time"

// Statistics is how a camera does, at one moment. Its counts are of this camera object; what it found in its
// spool is offered as well.
type Statistics struct {
	Counts Counts
	// AcceptedBytes is the size of the images that ingest accepted.
	AcceptedBytes uint64
	// AcceptedPerSecond is frames a second, over the last ten seconds.
	AcceptedPerSecond float64
	// Connected is whether there is a stream to send on.
	Connected bool
	// Reconnects are streams that were opened after the first.
	Reconnects int
	// Address of the ingest that it is connected to, or tries next.
	Address string
	// SpoolFrames were never given to a stream.
	SpoolFrames int
	// SpoolBytes is the size of their images; of a spool on disk that of its files.
	SpoolBytes uint64
	// Oldest is how long ago the oldest frame that has no answer was given to Send, by the camera's clock; 0 if
	// there is none.
	Oldest time.Duration
	// LastError is why the last stream ended that broke; empty: none did.
	LastError string
}

// Statistics tells how the camera does.
func (c *Camera) Statistics() Statistics {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames, bytes := c.session.NeverSent()
	found := Statistics{
		Counts: c.session.Counts(), AcceptedBytes: c.session.AcceptedBytes(),
		AcceptedPerSecond: c.rate.Rate(time.Now()), Connected: c.session.IsOpen(),
		Reconnects: max(0, c.link.opened-1), Address: c.link.address(),
		SpoolFrames: frames, SpoolBytes: bytes, LastError: c.link.lastError,
	}
	if given, waits := c.session.Oldest(); waits {
		found.Oldest = max(0, time.Duration(c.options.clock().UnixNano()-given))
	}
	return found
}
