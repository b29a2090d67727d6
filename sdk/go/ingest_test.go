package framemesh

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	ingestv1 "framemesh.dev/sdk/go/api/ingest/v1"
)

// A stream is what one call of Push brought, and the server's end of it.
type stream struct {
	ingestv1.IngestService_PushServer
	t       *testing.T
	opening *ingestv1.OpenSession
	clock   int64
	frames  []*ingestv1.Frame
}

func (s *stream) open(frames uint32, bytes, largest uint64) {
	s.send(&ingestv1.PushResponse{Response: &ingestv1.PushResponse_Opened{Opened: &ingestv1.SessionOpened{
		Credit: &ingestv1.Credit{Frames: frames, Bytes: bytes}, MaxFrameBytes: largest,
	}}})
}

// receive returns the next frame; nil once the camera half-closed or is gone.
func (s *stream) receive() *ingestv1.Frame {
	for {
		request, err := s.Recv()
		if err != nil {
			return nil
		}
		if clock := request.GetClock(); clock != nil {
			s.clock = clock.GetUnixNano()
			continue
		}
		s.frames = append(s.frames, request.GetFrame())
		return request.GetFrame()
	}
}

func (s *stream) accept(sequences ...uint64) {
	s.answer(&ingestv1.Acknowledgement{Accepted: sequences})
}

func (s *stream) answer(answer *ingestv1.Acknowledgement) {
	s.send(&ingestv1.PushResponse{Response: &ingestv1.PushResponse_Acknowledgement{Acknowledgement: answer}})
}

func (s *stream) send(response *ingestv1.PushResponse) {
	if err := s.Send(response); err != nil {
		s.t.Logf("an answer found nobody: %v", err)
	}
}

func (s *stream) sequences() []uint64 {
	var numbers []uint64
	for _, frame := range s.frames {
		numbers = append(numbers, frame.GetSequence())
	}
	return numbers
}

type script func(*stream) error

// An ingest is a real gRPC server. Every stream follows the next script; the last one is for all that come
// after.
type ingest struct {
	ingestv1.UnimplementedIngestServiceServer
	t       *testing.T
	address string
	scripts []script

	mu   sync.Mutex
	seen []*stream
}

func serve(t *testing.T, scripts ...script) *ingest {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, listener, scripts...)
}

func serveOn(t *testing.T, listener net.Listener, scripts ...script) *ingest {
	t.Helper()
	i := &ingest{t: t, address: listener.Addr().String(), scripts: scripts}
	server := grpc.NewServer()
	ingestv1.RegisterIngestServiceServer(server, i)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { server.Stop(); serving.Wait() })
	return i
}

func (i *ingest) Push(push ingestv1.IngestService_PushServer) error {
	request, err := push.Recv()
	if err != nil {
		return err
	}
	s := &stream{IngestService_PushServer: push, t: i.t, opening: request.GetOpen()}
	i.mu.Lock()
	i.seen = append(i.seen, s)
	chosen := i.scripts[min(len(i.seen), len(i.scripts))-1]
	i.mu.Unlock()
	return chosen(s)
}

func (i *ingest) streams() []*stream {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.seen
}

func acceptEach(s *stream) error {
	s.open(8, 1<<20, 1<<20)
	for frame := s.receive(); frame != nil; frame = s.receive() {
		s.accept(frame.GetSequence())
	}
	return nil
}

// holdAfter takes so many frames, tells full, answers them once open is closed, and each later one.
func holdAfter(frames int, full chan<- struct{}, open <-chan struct{}) script {
	return func(s *stream) error {
		s.open(uint32(frames), 1<<20, 1<<20)
		for range frames {
			s.receive()
		}
		close(full)
		select {
		case <-open:
		case <-s.Context().Done():
			return nil
		}
		s.accept(s.sequences()...)
		for frame := s.receive(); frame != nil; frame = s.receive() {
			s.accept(frame.GetSequence())
		}
		return nil
	}
}

// forever holds a stream until its camera is gone.
func forever(s *stream) error {
	<-s.Context().Done()
	return nil
}

func newCamera(t *testing.T, addresses []string, opts ...Option) *Camera {
	t.Helper()
	camera, err := NewCamera(Target{Addresses: addresses, Pipeline: "street", Camera: "door"}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = camera.Shutdown(ctx)
	})
	return camera
}

const patience = 20 * time.Second

func timeout(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func send(t *testing.T, camera *Camera, images ...string) {
	t.Helper()
	for _, image := range images {
		if _, err := camera.Send(timeout(t, patience), []byte(image)); err != nil {
			t.Fatal(err)
		}
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time")
		}
	}
}
