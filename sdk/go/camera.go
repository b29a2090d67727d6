package framemesh

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"framemesh.dev/sdk/go/internal/session"
)

// endTimeout is how long ingest has to end a stream by itself, once every frame has its answer.
const endTimeout = 2 * time.Second

// filteredInterval: filtered frames are told of so often, where no frame follows: rarely enough to cost
// nothing.
const filteredInterval = time.Second

// Counts says how many frames a camera offered, and what became of them: Offered = Accepted + Rejected +
// Dropped + Pending. Dropped ones were removed for newer ones before they were ever sent: ingest never saw
// them, so the ledger of the pipeline does not count them. Pending ones are not answered yet, sent or not.
type Counts = session.Counts

// A Rejection tells that ingest refused one frame; the camera goes on. Its Reason is one stable word:
// "too_large", "not_an_image", ...; its Message says what is wrong and what to do.
type Rejection = session.Rejection

// A Hint is what the pipeline can take just now, by the derivative of its backlog. Nothing is refused by it; who
// heeds it has newer frames in the results.
type Hint struct {
	// FramesPerSecond: the camera should send no more; 0: as many as it likes.
	FramesPerSecond float64
	// Quality is what the camera should multiply its quality of JPEGs by, 0 to 1.
	Quality float64
}

var noHint = Hint{Quality: 1}

// A Camera is one named source of frames in one pipeline. It may be used by several goroutines.
type Camera struct {
	target  Target
	options options

	mu        sync.Mutex
	session   *session.Session
	reconnect *session.Reconnect
	changed   chan struct{} // closed, and replaced, when something under mu changed
	clock     *session.SteadyClock
	untold    time.Time // since when frames are filtered that ingest was not told of
	query     uint64    // for the clock, that is to be answered; 0: none
	hint      Hint
	rate      *session.RateMeter
	failure   error // why there will be no further stream
	started   bool
	stopped   bool
	logged    map[string]bool // reasons of rejections that were logged

	link *link
	disk *keeper // nil without a spool on disk
}

var _ io.Closer = (*Camera)(nil)

// NewCamera returns a camera. Nothing is connected until the first frame is sent, or at once if there are
// frames in its spool on disk. It has to be closed.
func NewCamera(target Target, opts ...Option) (*Camera, error) {
	o := defaults()
	for _, option := range opts {
		option(&o)
	}
	if err := o.check(target); err != nil {
		return nil, err
	}
	c := &Camera{
		target: target, options: o, changed: make(chan struct{}), logged: map[string]bool{},
		hint:      noHint,
		rate:      session.NewRateMeter(time.Now()),
		reconnect: session.NewReconnect(len(target.Addresses), o.connectTimeout),
	}
	c.clock = session.NewSteadyClock(func() int64 { return o.clock().UnixNano() }, session.SinceBoot)
	c.link = newLink(c)
	if o.disk != nil {
		if err := c.openSpool(); err != nil {
			return nil, err
		}
		return c, nil
	}
	bounds := session.Unlimited
	if o.onFull == DropOldest {
		bounds = o.spool
	}
	c.session = session.New(newSession(), session.NewMemoryQueue(bounds), o.onFull != DropOldest)
	return c, nil
}

func newSession() string {
	var random [16]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// Session is that of this camera's frames: each is known by camera, session and number.
func (c *Camera) Session() string { return c.session.ID }

// Hint returns the last hint of ingest, which holds until the next or the end of the stream.
func (c *Camera) Hint() Hint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hint
}

// Counts returns what became of the frames so far.
func (c *Camera) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.Counts()
}

// Send offers a frame, the bytes of a JPEG, PNG or WebP, which it copies. It returns its sequence number in
// this session, by which its result is known. The number of a frame that is dropped later has no result, and
// is never given to another.
//
// It waits while there is no credit, unless WithOnFull says otherwise, until ctx ends. If it returns an
// error the frame was not taken:
//   - ErrRefused (with it ErrPipelineUnknown): ingest does not take this camera.
//   - ErrUnreachable: there is no connection, for the connect time-out or until the deadline of ctx.
//   - ErrNoCredit: there is none at this moment (Error), or was none until the deadline of ctx.
//   - ErrBadFrame: the capture time or the headers cannot be passed on.
//   - ErrClosed: the camera was closed.
//   - that of ctx: it was cancelled, or its deadline passed; then together with one of the others.
func (c *Camera) Send(ctx context.Context, image []byte, opts ...FrameOption) (uint64, error) {
	offer, err := c.offer(bytes.Clone(image), opts)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	c.start()
	sequence, err := c.admit(ctx, offer)
	rejected := c.session.TakeRejected()
	c.mu.Unlock()
	c.report(rejected)
	return sequence, err
}

// Filtered tells that the camera's own filter dropped the next frames, 1 to 10,000,000, so that the ledger
// counts them as rejected: filtered. Ingest is told with the next frame, or with the first call that is a
// second later.
func (c *Camera) Filtered(frames uint64) error {
	if frames < 1 || frames > session.MaxFiltered {
		return fmt.Errorf("%w: %d filtered frames: from 1 to %d", ErrBadFrame, frames, session.MaxFiltered)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.Closing {
		return c.closed()
	}
	if c.failure != nil {
		return c.failure
	}
	c.start()
	now := time.Now()
	if !c.session.IsFiltering() {
		c.untold = now
	}
	c.session.Filtered(frames)
	if now.Sub(c.untold) >= filteredInterval {
		c.session.TellFiltered()
		c.notify()
	}
	return nil
}

func (c *Camera) closed() error {
	return fmt.Errorf("%w: camera %q: make a new one", ErrClosed, c.target.Camera)
}

// Close waits until every frame is acknowledged, for the close time-out, and ends the camera. A second call
// does nothing. It returns ErrUnacknowledged, or what ended the connection for good.
func (c *Camera) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.options.closeTimeout)
	defer cancel()
	return c.Shutdown(ctx)
}

// Shutdown is Close with the patience of ctx instead of the close time-out.
func (c *Camera) Shutdown(ctx context.Context) error {
	began := time.Now()
	c.mu.Lock()
	if c.session.Closing {
		c.mu.Unlock()
		return nil
	}
	c.session.Closing = true
	c.session.EndFiltered()
	c.notify()
	_ = c.wait(ctx, func() bool { return c.failure != nil || c.session.Unacknowledged() == 0 })
	started, ends := c.started, c.session.IsOpen() && c.session.Unacknowledged() == 0
	c.mu.Unlock()
	if started {
		c.link.stop(ends)
	}
	folder := ""
	if c.disk != nil {
		folder = c.disk.stop()
	}
	c.mu.Lock()
	rejected, failure, left := c.session.TakeRejected(), c.failure, c.session.Unacknowledged()
	c.mu.Unlock()
	c.report(rejected)
	if failure == nil && left > 0 {
		return &UnacknowledgedError{c.addresses(), left, time.Since(began), folder}
	}
	return failure
}

// offer checks what can be checked without waiting.
func (c *Camera) offer(image []byte, opts []FrameOption) (session.Offer, error) {
	var of frameOptions
	for _, option := range opts {
		option(&of)
	}
	headers, err := session.CheckHeaders(of.headers)
	if err != nil {
		return session.Offer{}, fmt.Errorf("%w: %w", ErrBadFrame, err)
	}
	if len(image) > math.MaxInt32 {
		return session.Offer{}, fmt.Errorf("%w: %d bytes are more than a message of gRPC can have",
			ErrBadFrame, len(image))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	captured, sent := now, int64(0)
	if of.given {
		if year := of.captured.Year(); year < 1970 || year > 2261 {
			return session.Offer{}, fmt.Errorf("%w: captured at %v: it has to be from 1970 to 2261",
				ErrBadFrame, of.captured)
		}
		captured, sent = c.clock.Steady(of.captured.UnixNano()), now
	}
	return session.Offer{
		Image: image, Captured: captured, Sent: sent, Headers: headers,
	}, nil
}

// start begins to connect, if that did not begin yet. Under mu.
func (c *Camera) start() {
	if c.started || c.session.Closing {
		return
	}
	c.started = true
	if c.disk == nil { // one that has its frames on disk begins where no ingest can be reached
		c.reconnect.Start(time.Now())
	}
	go c.link.run()
}

// admit waits until the frame is taken, or not. Under mu.
func (c *Camera) admit(ctx context.Context, offer session.Offer) (uint64, error) {
	size := len(offer.Image)
	if c.disk != nil && !c.disk.folder.CanHold(size) {
		return 0, fmt.Errorf("%w: an image of %d bytes is larger than the spool on disk may be", ErrBadFrame,
			size)
	}
	ended := c.wait(ctx, func() bool {
		return c.failure != nil || c.session.Closing || c.refusesNow() || c.session.Admits(size)
	})
	switch {
	case c.session.Closing:
		return 0, c.closed()
	case c.failure != nil:
		return 0, c.failure
	case c.session.Admits(size):
		return c.take(ctx, offer)
	case ended != nil:
		return 0, c.timedOut(ended)
	default:
		return 0, c.noCreditNow()
	}
}

// take gives an admitted frame to the session. Under mu.
func (c *Camera) take(ctx context.Context, offer session.Offer) (uint64, error) {
	sequence, err := c.session.Offer(offer)
	if err != nil {
		return 0, fmt.Errorf("%w: %s cannot be written: %w. The frame was not taken", ErrSpool,
			c.disk.folder.Path, err)
	}
	if c.disk != nil {
		err = c.disk.written(ctx)
	}
	c.notify()
	return sequence, err
}

// refusesNow is whether a frame that has no credit is refused. Before the first stream the credit is not
// known, so it is not used up.
func (c *Camera) refusesNow() bool {
	return c.options.onFull == Error && (c.disk != nil || c.session.ConnectedOnce())
}

func (c *Camera) noCreditNow() error {
	if c.disk != nil {
		return c.spoolFull()
	}
	why := "is the buffer of the pipeline full? `framemesh status` shows it"
	if !c.session.IsOpen() {
		why = "the connection is away, and being made anew"
	}
	return fmt.Errorf("%w: camera %q has used it up: %d frames wait for an answer of ingest at %s: %s. The "+
		"frame was not taken", ErrNoCredit, c.target.Camera, c.session.Unacknowledged(), c.addresses(), why)
}

func (c *Camera) spoolFull() error {
	return fmt.Errorf("%w: the spool of camera %q is full: %d frames wait for ingest at %s. The frame was not "+
		"taken", ErrNoCredit, c.target.Camera, c.session.Unacknowledged(), c.addresses())
}

func (c *Camera) timedOut(ended error) error {
	switch {
	case !errors.Is(ended, context.DeadlineExceeded):
		return fmt.Errorf("the frame was not taken: %w", ended)
	case c.disk != nil:
		return errors.Join(c.spoolFull(), ended)
	case !c.session.IsOpen():
		return fmt.Errorf("%w: no connection to ingest at %s in time: is it running? The frame was not "+
			"taken; send it again: %w", ErrUnreachable, c.addresses(), ended)
	default:
		return fmt.Errorf("%w: ingest at %s took no frame of camera %q in time: is the buffer of the "+
			"pipeline full? `framemesh status` shows it. The frame was not taken; send it again: %w",
			ErrNoCredit, c.addresses(), c.target.Camera, ended)
	}
}

// notify wakes all who wait. Under mu.
func (c *Camera) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait returns once done, or with the error of ctx. Under mu, which it gives up while it waits.
func (c *Camera) wait(ctx context.Context, done func() bool) error {
	for !done() {
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if ctx.Err() != nil && !done() {
			return ctx.Err()
		}
	}
	return nil
}

// report passes rejections to the user, and the first of each reason to the log. It runs code of the user,
// so no lock is held.
func (c *Camera) report(rejected []Rejection) {
	for _, one := range rejected {
		c.mu.Lock()
		first := !c.logged[one.Reason]
		c.logged[one.Reason] = true
		c.mu.Unlock()
		if first {
			c.options.log.Warn("a frame was rejected; further ones for this reason are only counted",
				"camera", c.target.Camera, "frame", one.Sequence, "reason", one.Reason,
				"message", one.Message)
		}
		c.options.onRejected(one)
	}
}
