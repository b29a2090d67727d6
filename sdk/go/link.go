package framemesh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ingestv1 "framemesh.dev/sdk/go/api/ingest/v1"
)

// A link keeps a stream to ingest open for a camera, from its first frame to its end.
type link struct {
	camera *Camera
	ctx    context.Context // ends every stream
	cancel context.CancelFunc
	done   chan struct{} // closed at the end of run

	why    string // the last stream ended
	broken bool

	// Under the camera's lock; run alone writes turn.
	turn      int    // of the address that is tried
	opened    int    // streams, so far
	lastError string // of the last stream that broke
}

func newLink(c *Camera) *link {
	ctx, cancel := context.WithCancel(context.Background())
	return &link{camera: c, ctx: ctx, cancel: cancel, done: make(chan struct{}), why: "it does not answer"}
}

// stop ends run, after the stream if that ends by itself.
func (l *link) stop(endsByItself bool) {
	if endsByItself {
		l.finished(endTimeout)
	}
	l.camera.mu.Lock()
	l.camera.stopped = true
	l.camera.notify()
	l.camera.mu.Unlock()
	l.cancel()
	l.finished(endTimeout)
}

func (l *link) finished(timeout time.Duration) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	}
}

// run opens one stream after another, until no further one is needed or would help.
func (l *link) run() {
	defer close(l.done)
	defer l.cancel()
	for {
		opening, more := l.next()
		if !more {
			return
		}
		l.rest(l.ended(l.connectAndPush(opening)))
	}
}

// connectAndPush serves one stream over a connection of its own.
func (l *link) connectAndPush(opening time.Duration) *status.Status {
	conn, err := l.camera.connect(l.address())
	if err != nil { // an address that gRPC cannot read
		return status.New(codes.InvalidArgument, err.Error())
	}
	defer func() { _ = conn.Close() }()
	return l.push(ingestv1.NewIngestServiceClient(conn), opening)
}

func (l *link) address() string {
	return l.camera.target.Addresses[l.turn%len(l.camera.target.Addresses)]
}

// next is how long the next stream may take to open, and whether there is to be one.
func (l *link) next() (time.Duration, bool) {
	c := l.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reconnect.OpeningTimeout(time.Now()), !l.isFinished()
}

// isFinished is whether no further stream is needed. Under mu.
func (l *link) isFinished() bool {
	c := l.camera
	answered := c.session.Closing && c.session.Unacknowledged() == 0
	return answered || c.stopped || c.failure != nil
}

// rest waits for the pause, or until no further stream is needed.
func (l *link) rest(pause time.Duration) {
	ctx, cancel := context.WithTimeout(l.ctx, pause)
	defer cancel()
	c := l.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.wait(ctx, l.isFinished)
}

// push serves one stream, and returns the status that it ended with.
func (l *link) push(client ingestv1.IngestServiceClient, opening time.Duration) *status.Status {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	timer := time.AfterFunc(opening, cancel)
	defer timer.Stop()
	stream, err := client.Push(ctx)
	if err != nil {
		return status.Convert(err)
	}
	sender := make(chan struct{})
	go func() {
		defer close(sender)
		l.send(ctx, stream)
	}()
	defer func() { cancel(); <-sender }()
	for {
		response, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return status.New(codes.OK, "")
		case err != nil:
			return status.Convert(err)
		}
		timer.Stop()
		l.apply(response)
	}
}

// send sends what there is for one stream, and half-closes it at the end. Where the stream ends, Recv says
// why.
func (l *link) send(ctx context.Context, stream ingestv1.IngestService_PushClient) {
	c := l.camera
	if stream.Send(openRequest(c.target, c.session.ID)) != nil {
		return
	}
	if !l.until(ctx, c.session.IsOpen) {
		return
	}
	if stream.Send(l.reading(0)) != nil {
		return
	}
	for {
		request, more := l.nextRequest(ctx)
		if !more {
			break
		}
		if stream.Send(request) != nil {
			return
		}
	}
	if ctx.Err() == nil {
		_ = stream.CloseSend()
	}
}

// until waits for what the camera's lock guards; false if the stream ended first.
func (l *link) until(ctx context.Context, done func() bool) bool {
	c := l.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wait(ctx, done) == nil
}

// nextRequest waits for the next frames; false if there will be none on this stream.
func (l *link) nextRequest(ctx context.Context) (*ingestv1.PushRequest, bool) {
	c := l.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		ended := func() bool { return c.stopped || c.session.Closing && c.session.AllSent() }
		due := func() bool { return c.query != 0 || ended() || c.session.CanSend() }
		if c.wait(ctx, due) != nil || c.stopped {
			return nil, false
		}
		if query := c.query; query != 0 {
			c.query = 0
			return l.read(query), true
		}
		if frames := c.session.NextToSend(); len(frames) > 0 {
			return framesRequest(frames), true
		}
		if ended() {
			return nil, false
		}
	}
}

// reading is what the camera's clock says at this moment.
func (l *link) reading(query uint64) *ingestv1.PushRequest {
	l.camera.mu.Lock()
	defer l.camera.mu.Unlock()
	return l.read(query)
}

// read is reading under mu.
func (l *link) read(query uint64) *ingestv1.PushRequest {
	reading := l.camera.clock.Reading(query)
	if reading.Stepped != 0 {
		l.camera.options.log.Warn("the clock of this machine was set; capture times go on without that",
			"camera", l.camera.target.Camera, "by", time.Duration(reading.Stepped))
	}
	return clockRequest(reading)
}

// apply tells the camera what ingest answered.
func (l *link) apply(response *ingestv1.PushResponse) {
	c := l.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case response.GetOpened() != nil:
		opened := response.GetOpened()
		c.session.Opened(fromCredit(opened.GetCredit()), opened.GetMaxFrameBytes(), perMessage(opened))
		c.reconnect.Opened()
		l.opened++
		if l.broken {
			c.options.log.Warn("connected again", "camera", c.target.Camera)
			l.broken = false
		}
	case response.GetAcknowledgement() != nil:
		answer := response.GetAcknowledgement()
		before := c.session.Counts().Accepted
		c.session.Acknowledged(answer.GetAccepted(), fromRejections(answer.GetRejected()))
		c.rate.Add(c.session.Counts().Accepted-before, time.Now())
		c.reconnect.Progressed()
	case response.GetClockQuery() != nil:
		c.query = response.GetClockQuery().GetId()
	case response.GetHint() != nil:
		c.hint = fromHint(response.GetHint())
	}
	c.notify()
}

// ended tells the camera how a stream ended, and returns how long to wait before the next.
func (l *link) ended(with *status.Status) time.Duration {
	c := l.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.notify()
	defer func() { l.turn++ }()
	c.query, c.hint = 0, noHint
	c.session.Broken()
	if l.isFinished() {
		return 0
	}
	if isFinal(with.Code()) && !c.renews(with.Code(), c.session.ConnectedOnce()) {
		c.failure = c.refusal("ingest", l.address(), with)
		return 0
	}
	if with.Code() != codes.Canceled { // our own time-out explains nothing
		l.why = words(with)
		l.lastError = l.why
	}
	wasOpen := c.session.ConnectedOnce()
	pause, again := c.reconnect.Pause(time.Now())
	if !again {
		c.failure = fmt.Errorf("%w: no connection to ingest at %s within %v (%s): is it running, is this its "+
			"address?", ErrUnreachable, c.addresses(), c.options.connectTimeout, l.why)
	} else if wasOpen && !l.broken {
		c.options.log.Warn("the stream to ingest broke; trying again", "camera", c.target.Camera,
			"address", l.address(), "why", l.why)
		l.broken = true
	}
	return pause
}
