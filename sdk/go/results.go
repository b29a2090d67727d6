package framemesh

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	monitorv1 "framemesh.dev/sdk/go/api/monitor/v1"
	"framemesh.dev/sdk/go/internal/session"
)

// resumeToken is the header in which the monitor tells where a stream of results begins.
const resumeToken = "resume-token"

// A ResultsOption changes which results a camera reads.
type ResultsOption func(*watch)

// FromStart begins with the oldest result that is kept, instead of the next.
func FromStart() ResultsOption { return func(w *watch) { w.fromStart = true } }

// Results returns what became of the frames of this camera, of all its sessions, in the order in which the
// mesh decided. None is missing and none comes twice, also where the monitor restarts.
//
// It begins with this call: the results of frames that are sent later are among them. They are read no
// faster than they are taken. Range over them once; it goes on until ctx ends or the loop is left, also
// after the camera is closed. An error is the last that comes:
//   - ErrBadOption: the camera has no WithMonitor.
//   - ErrUnreachable: there is no connection to the monitor for the connect time-out.
//   - ErrRefused (with it ErrPipelineUnknown): the monitor does not give them.
//   - that of ctx.
func (c *Camera) Results(ctx context.Context, opts ...ResultsOption) (iter.Seq2[Result, error], error) {
	if len(c.options.monitors) == 0 {
		return nil, fmt.Errorf("%w: results come from the monitor: give its address, "+
			"WithMonitor(\"127.0.0.1:7403\")", ErrBadOption)
	}
	w := &watch{
		camera:    c,
		reconnect: session.NewReconnect(len(c.options.monitors), c.options.connectTimeout),
		why:       "it does not answer",
	}
	for _, option := range opts {
		option(w)
	}
	w.reconnect.Start(time.Now())
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	return w.results(ctx), nil
}

// A watch reads the results of a camera, over as many streams as it takes.
type watch struct {
	camera    *Camera
	fromStart bool
	reconnect *session.Reconnect
	turn      int    // of the address that is tried
	token     string // where the next stream goes on
	opened    bool   // one stream was
	broken    bool
	why       string // the last stream ended

	stream monitorv1.MonitorService_WatchResultsClient
	end    func() // of the stream and its connection
}

// results yields those of one stream after another.
func (w *watch) results(ctx context.Context) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		defer func() { w.end() }()
		for {
			response, err := w.stream.Recv()
			if err == nil {
				w.token = response.GetResumeToken()
				if !yield(fromOutcome(response.GetOutcome()), nil) {
					return
				}
				continue
			}
			w.end()
			if err = w.again(ctx, status.Convert(err)); err == nil {
				err = w.connect(ctx)
			}
			if err != nil {
				yield(Result{}, err)
				return
			}
		}
	}
}

// connect opens the next stream, after as many attempts as it takes.
func (w *watch) connect(ctx context.Context) error {
	w.end = func() {}
	for {
		err := w.open(ctx)
		if err == nil {
			return nil
		}
		w.end()
		if err := w.again(ctx, status.Convert(err)); err != nil {
			return err
		}
	}
}

// open begins one stream, and waits until the monitor tells where it does.
func (w *watch) open(ctx context.Context) error {
	conn, err := w.camera.connect(w.address())
	if err != nil { // an address that gRPC cannot read
		return status.Error(codes.InvalidArgument, err.Error())
	}
	ctx, cancel := context.WithCancel(ctx)
	w.end = func() { cancel(); _ = conn.Close() }
	opening := time.AfterFunc(w.reconnect.OpeningTimeout(time.Now()), cancel)
	defer opening.Stop()
	target := w.camera.target
	w.stream, err = monitorv1.NewMonitorServiceClient(conn).WatchResults(ctx, &monitorv1.WatchResultsRequest{
		Pipeline: target.Pipeline, Cameras: []string{target.Camera}, FromStart: w.fromStart,
		ResumeToken: w.token,
	})
	if err != nil {
		return err
	}
	header, err := w.stream.Header()
	if err != nil {
		return err
	}
	places := header.Get(resumeToken)
	if len(places) == 0 { // it ended before it began: Recv has the reason
		_, err := w.stream.Recv()
		return err
	}
	w.token = places[0]
	w.reconnect.Opened()
	w.reconnect.Progressed()
	if w.broken {
		w.camera.options.log.Warn("reads results again", "camera", target.Camera)
	}
	w.opened, w.broken = true, false
	return nil
}

// again waits before the next stream, or says why there is none.
func (w *watch) again(ctx context.Context, with *status.Status) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c := w.camera
	if isFinal(with.Code()) && !c.renews(with.Code(), w.opened) {
		return c.refusal("monitor", w.address(), with)
	}
	if with.Code() != codes.Canceled { // our own time-out explains nothing
		w.why = words(with)
	}
	pause, another := w.reconnect.Pause(time.Now())
	if !another {
		return fmt.Errorf("%w: no connection to monitor at %s within %v (%s): is it running, is this its "+
			"address?", ErrUnreachable, strings.Join(c.options.monitors, ", "), c.options.connectTimeout, w.why)
	}
	if w.opened && !w.broken {
		c.options.log.Warn("the stream of results broke; trying again", "camera", c.target.Camera,
			"address", w.address(), "why", w.why)
		w.broken = true
	}
	w.turn++
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *watch) address() string {
	return w.camera.options.monitors[w.turn%len(w.camera.options.monitors)]
}
