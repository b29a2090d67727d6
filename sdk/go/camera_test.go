package framemesh

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	ingestv1 "framemesh.dev/sdk/go/api/ingest/v1"
)

func expect[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// expectError wants an error of a kind, with a text.
func expectError(t *testing.T, err, kind error, text string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %v with %q", err, kind, text)
	}
}

func TestFramesArriveInOrderWithTheirTimesAndDigests(t *testing.T) {
	const slow = 24 * time.Hour // the camera's clock
	server := serve(t, acceptEach)
	camera := newCamera(t, []string{server.address},
		WithClock(func() time.Time { return time.Now().Add(-slow) }))
	send(t, camera, "first", "second")
	_, err := camera.Send(t.Context(), []byte("third"), CapturedAt(time.Now().Add(-slow-time.Hour)),
		WithHeaders(map[string]string{"lane": "3"}))
	expect(t, err, nil)
	expect(t, camera.Close(), nil)
	expect(t, camera.Counts(), Counts{Offered: 3, Accepted: 3})
	got := server.streams()[0]
	expect(t, got.sequences(), []uint64{1, 2, 3})
	expect(t, got.opening.GetSession(), camera.Session())
	expectAgo(t, got.clock, slow)
	expectAgo(t, got.frames[0].GetCapturedUnixNano(), slow)
	expect(t, got.frames[0].GetSentUnixNano(), 0)
	expectAgo(t, got.frames[2].GetCapturedUnixNano(), slow+time.Hour)
	expectAgo(t, got.frames[2].GetSentUnixNano(), slow)
	expect(t, got.frames[2].GetHeaders(), map[string]string{"lane": "3"})
	for _, frame := range got.frames {
		expect(t, frame.GetCrc32(), crc32.ChecksumIEEE(frame.GetImage()))
	}
}

func expectAgo(t *testing.T, unixNano int64, ago time.Duration) {
	t.Helper()
	if off := time.Since(time.Unix(0, unixNano)) - ago; off.Abs() > time.Minute {
		t.Errorf("%v off", off)
	}
}

func TestEachQuestionForTheClockHasOneAnswer(t *testing.T) {
	asks := func(s *stream) error {
		s.open(8, 1<<20, 1<<20)
		s.receive()
		for id := uint64(1); id <= 2; id++ {
			s.send(&ingestv1.PushResponse{Response: &ingestv1.PushResponse_ClockQuery{
				ClockQuery: &ingestv1.ClockQuery{Id: id},
			}})
			request, err := s.Recv()
			if err != nil || request.GetClock().GetQuery() != id {
				t.Errorf("got %v, %v", request, err)
			}
		}
		s.accept(1)
		return nil
	}
	camera := newCamera(t, []string{serve(t, asks).address})
	send(t, camera, "image")
	eventually(t, func() bool { return camera.Counts().Accepted == 1 })
	expect(t, camera.Close(), nil)
}

func TestTheImageMayBeUsedAgainByItsOwner(t *testing.T) {
	full, open := make(chan struct{}), make(chan struct{})
	server := serve(t, holdAfter(1, full, open))
	camera := newCamera(t, []string{server.address}, WithOnFull(DropOldest))
	buffer := []byte("one")
	for _, image := range []string{"one", "two"} {
		copy(buffer, image)
		_, err := camera.Send(t.Context(), buffer)
		expect(t, err, nil)
	}
	copy(buffer, "bad")
	<-full
	close(open)
	expect(t, camera.Close(), nil)
	expect(t, string(server.streams()[0].frames[1].GetImage()), "two")
}

func TestWhatABrokenStreamLeftIsSentAgainUnderTheSameIDs(t *testing.T) {
	breaks := func(s *stream) error {
		s.open(8, 1<<20, 1<<20)
		for range 6 {
			s.receive()
		}
		s.accept(1, 2)
		return status.Error(codes.Unavailable, "going away")
	}
	server := serve(t, breaks, acceptEach)
	camera := newCamera(t, []string{server.address})
	send(t, camera, strings.Split("123456789abc", "")...)
	expect(t, camera.Close(), nil)
	expect(t, camera.Counts(), Counts{Offered: 12, Accepted: 12})
	first, second := server.streams()[0], server.streams()[1]
	expect(t, first.sequences(), []uint64{1, 2, 3, 4, 5, 6})
	expect(t, second.sequences(), []uint64{3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	expect(t, second.opening.GetSession(), first.opening.GetSession())
	expect(t, second.frames[0].GetCapturedUnixNano(), first.frames[2].GetCapturedUnixNano())
}

func TestTheNextAddressIsTriedWhenOneIsAway(t *testing.T) {
	drains := func(s *stream) error { return status.Error(codes.Unavailable, "draining") }
	away, back := serve(t, drains), serve(t, acceptEach)
	camera := newCamera(t, []string{unused(t), away.address, back.address})
	send(t, camera, "image")
	expect(t, camera.Close(), nil)
	expect(t, len(away.streams()), 1)
	expect(t, back.streams()[0].sequences(), []uint64{1})
}

// unused is an address where nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestAFrameOverTheLimitStaysHereAndIsOnRecord(t *testing.T) {
	strict := func(s *stream) error {
		s.open(8, 1<<20, 10)
		for frame := s.receive(); frame != nil; frame = s.receive() {
			if frame.GetWithheldBytes() == 0 {
				s.accept(frame.GetSequence())
				continue
			}
			s.answer(&ingestv1.Acknowledgement{Rejected: []*ingestv1.Rejection{{
				Sequence: frame.GetSequence(), Message: "at most 10",
				Reason: ingestv1.RejectionReason_REJECTION_REASON_TOO_LARGE,
			}}})
		}
		return nil
	}
	server := serve(t, strict)
	var refused []Rejection
	camera := newCamera(t, []string{server.address},
		WithOnRejected(func(one Rejection) { refused = append(refused, one) }))
	send(t, camera, "small", "much too large", "small")
	expect(t, camera.Close(), nil)
	expect(t, refused, []Rejection{{Sequence: 2, Reason: "too_large", Message: "at most 10"}})
	expect(t, camera.Counts(), Counts{Offered: 3, Accepted: 2, Rejected: 1})
	expect(t, server.streams()[0].frames[1].GetWithheldBytes(), 14)
}

func TestErrorReturnsAtOnceAndTheCameraGoesOn(t *testing.T) {
	full, open := make(chan struct{}), make(chan struct{})
	server := serve(t, holdAfter(2, full, open))
	camera := newCamera(t, []string{server.address}, WithOnFull(Error))
	send(t, camera, "first", "second")
	_, err := camera.Send(t.Context(), []byte("not taken"))
	expectError(t, err, ErrNoCredit, "2 frames wait")
	close(open)
	eventually(t, func() bool { return camera.Counts().Accepted == 2 })
	send(t, camera, "third")
	expect(t, camera.Close(), nil)
	expect(t, server.streams()[0].sequences(), []uint64{1, 2, 3})
}

func TestDropOldestNeverWaitsAndKeepsTheNewest(t *testing.T) {
	full, open := make(chan struct{}), make(chan struct{})
	server := serve(t, holdAfter(2, full, open))
	camera := newCamera(t, []string{server.address}, WithOnFull(DropOldest), WithSpool(3, 1<<20))
	send(t, camera, "sent", "sent")
	<-full
	for range 10 {
		send(t, camera, "waits")
	}
	expect(t, camera.Counts(), Counts{Offered: 12, Dropped: 7, Pending: 5})
	close(open)
	expect(t, camera.Close(), nil)
	expect(t, server.streams()[0].sequences(), []uint64{1, 2, 10, 11, 12})
}

func TestASendThatWaitsEndsWithItsContext(t *testing.T) {
	full := make(chan struct{})
	server := serve(t, holdAfter(1, full, nil))
	camera := newCamera(t, []string{server.address})
	send(t, camera, "image")
	<-full
	_, err := camera.Send(timeout(t, 20*time.Millisecond), []byte("waits"))
	expectError(t, err, ErrNoCredit, "buffer of the pipeline full?")
	expectError(t, err, context.DeadlineExceeded, "not taken")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = camera.Send(ctx, []byte("waits"))
	expectError(t, err, context.Canceled, "not taken")
	expect(t, camera.Counts().Offered, 1)
}

func TestClosingWakesASendThatWaitsAndSaysWhatIsLeft(t *testing.T) {
	full := make(chan struct{})
	server := serve(t, holdAfter(1, full, nil))
	camera := newCamera(t, []string{server.address}, WithCloseTimeout(50*time.Millisecond))
	send(t, camera, "image")
	<-full
	waiting := make(chan error)
	go func() {
		_, err := camera.Send(t.Context(), []byte("waits"))
		waiting <- err
	}()
	err := camera.Close()
	var left *UnacknowledgedError
	if !errors.As(err, &left) || left.Count != 1 {
		t.Errorf("got %v", err)
	}
	expectError(t, err, ErrUnacknowledged, "left 1 frames")
	expectError(t, <-waiting, ErrClosed, "make a new one")
	expect(t, camera.Close(), nil)
	_, err = camera.Send(t.Context(), []byte("late"))
	expectError(t, err, ErrClosed, "make a new one")
}

func TestWhatIngestRefusesForGoodIsToldAtOnce(t *testing.T) {
	for _, refusal := range []struct {
		code codes.Code
		kind error
	}{
		{codes.NotFound, ErrPipelineUnknown},
		{codes.NotFound, ErrRefused},
		{codes.InvalidArgument, ErrRefused},
		{codes.Unauthenticated, ErrRefused},
	} {
		server := serve(t, func(*stream) error { return status.Error(refusal.code, "there are: a") })
		camera := newCamera(t, []string{server.address})
		_, err := camera.Send(timeout(t, patience), []byte("image"))
		expectError(t, err, refusal.kind, "there are: a")
		expectError(t, camera.Close(), refusal.kind, "there are: a")
		expect(t, len(server.streams()), 1)
	}
}

func TestATokenThatEndsIsFollowedByTheNext(t *testing.T) {
	ended := func(s *stream) error {
		s.open(8, 1<<20, 1<<20)
		s.accept(s.receive().GetSequence())
		s.receive()
		return status.Error(codes.Unauthenticated, "the token has ended")
	}
	server := serve(t, ended, acceptEach)
	var shown atomic.Int64
	token := func(context.Context) (string, error) { return fmt.Sprint("token-", shown.Add(1)), nil }
	camera := newCamera(t, []string{server.address}, WithToken(token))
	send(t, camera, "first", "second", "third")
	expect(t, camera.Close(), nil)
	expect(t, camera.Counts(), Counts{Offered: 3, Accepted: 3})
	for at, one := range server.streams() {
		sent, _ := metadata.FromIncomingContext(one.Context())
		expect(t, sent.Get("authorization"), []string{fmt.Sprint("Bearer token-", at+1)})
	}
}

func TestATokenThatWasNeverGoodIsRefusedAtOnce(t *testing.T) {
	server := serve(t, func(*stream) error { return status.Error(codes.Unauthenticated, "no such key") })
	token := func(context.Context) (string, error) { return "nonsense", nil }
	camera := newCamera(t, []string{server.address}, WithToken(token))
	_, err := camera.Send(timeout(t, patience), []byte("image"))
	expectError(t, err, ErrRefused, "no such key")
	expect(t, len(server.streams()), 1)
}

func TestAnIngestThatIsAwayOrSaysNothingIsNamed(t *testing.T) {
	for _, address := range []string{unused(t), serve(t, forever).address} {
		camera := newCamera(t, []string{address}, WithConnectTimeout(200*time.Millisecond))
		_, err := camera.Send(timeout(t, patience), []byte("image"))
		expectError(t, err, ErrUnreachable, address)
	}
}

func TestManyGoroutinesMayShareACamera(t *testing.T) {
	server := serve(t, acceptEach)
	camera := newCamera(t, []string{server.address})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if _, err := camera.Send(t.Context(), []byte("image")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	expect(t, camera.Close(), nil)
	expect(t, camera.Counts(), Counts{Offered: 200, Accepted: 200})
	for at, sequence := range server.streams()[0].sequences() {
		expect(t, sequence, uint64(at+1))
	}
}

func TestWhatCanNeverSucceedIsToldInTheCall(t *testing.T) {
	good := Target{Addresses: []string{"127.0.0.1:1"}, Pipeline: "street", Camera: "door"}
	for _, bad := range []struct {
		target Target
		option Option
		text   string
	}{
		{Target{Pipeline: "street", Camera: "door"}, nil, "no address"},
		{Target{Addresses: []string{""}, Pipeline: "street", Camera: "door"}, nil, "empty"},
		{Target{Addresses: good.Addresses, Pipeline: "a b", Camera: "door"}, nil, "pipeline"},
		{Target{Addresses: good.Addresses, Pipeline: "street"}, nil, "camera"},
		{good, WithOnFull("drop"), "not \"drop\""},
		{good, WithSpool(0, 1), "holds none"},
		{good, WithConnectTimeout(0), "has to be positive"},
		{good, WithClock(nil), "not nil"},
	} {
		var opts []Option
		if bad.option != nil {
			opts = []Option{bad.option}
		}
		_, err := NewCamera(bad.target, opts...)
		expectError(t, err, ErrBadOption, bad.text)
	}
	camera := newCamera(t, good.Addresses)
	_, err := camera.Send(t.Context(), nil, CapturedAt(time.Time{}))
	expectError(t, err, ErrBadFrame, "1970")
	_, err = camera.Send(t.Context(), nil, WithHeaders(map[string]string{"nats-x": "1"}))
	expectError(t, err, ErrBadFrame, "nats-")
	expect(t, camera.Close(), nil)
}

func TestAddressesOfThisMachineAreKnown(t *testing.T) {
	for address, loopback := range map[string]bool{
		"127.0.0.1:7401": true, "localhost:1": true, "[::1]:7401": true, "dns:///localhost:1": true,
		"a.localhost:1": true, "ipv4:127.0.0.2:1": true, "ingest:7401": false, "10.0.0.1:1": false,
		"localhost.example:1": false,
	} {
		expect(t, isLoopback(address), loopback)
	}
}
