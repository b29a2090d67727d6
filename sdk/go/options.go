package framemesh

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"framemesh.dev/sdk/go/internal/session"
)

// A Target is where the frames of a camera go.
type Target struct {
	// Addresses of ingests, host:port or anything else that gRPC resolves. The first is tried first, the
	// others in turn after it.
	Addresses []string
	// Pipeline that the frames are for.
	Pipeline string
	// Camera is its name, unique in the pipeline: letters, digits, "-" and "_", 64 at most.
	Camera string
}

// OnFull is what happens to a frame while there is no credit for it.
type OnFull string

const (
	// Block: Send waits, until its context ends.
	Block OnFull = "block"
	// Error: Send returns ErrNoCredit at once; only for the first connection it waits.
	Error OnFull = "error"
	// DropOldest: Send never waits, also while ingest is away; frames wait in a spool, and when that is full
	// the oldest one that was never sent is dropped.
	DropOldest OnFull = "drop_oldest"
)

const (
	// spoolFrames is two seconds of most cameras: enough for ingest to restart, and the frames are recent.
	spoolFrames = 64
	// spoolBytes is as many frames of 256 KiB.
	spoolBytes = 16 << 20
)

type options struct {
	connectTimeout time.Duration
	closeTimeout   time.Duration
	onFull         OnFull
	spool          session.Credit
	disk           *DiskSpool
	onRejected     func(Rejection)
	clock          func() time.Time
	log            *slog.Logger
	tls            *tls.Config
	token          func(context.Context) (string, error)
	monitors       []string
}

// An Option changes how a camera sends.
type Option func(*options)

func defaults() options {
	return options{
		connectTimeout: 10 * time.Second,
		closeTimeout:   30 * time.Second,
		onFull:         Block,
		spool:          session.Credit{Frames: spoolFrames, Bytes: spoolBytes},
		onRejected:     func(Rejection) {},
		clock:          time.Now,
		log:            slog.Default(),
	}
}

// WithConnectTimeout is for the first connection, 10 s unless it is set; later ones are tried for ever.
func WithConnectTimeout(d time.Duration) Option { return func(o *options) { o.connectTimeout = d } }

// WithCloseTimeout is how long Close waits for the last acknowledgement, 30 s unless it is set.
func WithCloseTimeout(d time.Duration) Option { return func(o *options) { o.closeTimeout = d } }

// WithOnFull chooses what happens to a frame while there is no credit for it; Block unless it is set.
func WithOnFull(policy OnFull) Option { return func(o *options) { o.onFull = policy } }

// WithSpool bounds the frames that wait in memory with DropOldest, and the bytes of their images: 64 and
// 16 MiB unless it is set. A larger image waits alone.
func WithSpool(frames uint32, bytes uint64) Option {
	return func(o *options) { o.spool = session.Credit{Frames: frames, Bytes: bytes} }
}

// A DiskSpool keeps frames on disk, where they survive the process: Send returns when the kernel has the
// frame. What the last process left is sent first, under the ids that it had. A camera with it begins also
// where no ingest can be reached. Its format is that of every SDK: docs/spool.md.
type DiskSpool struct {
	// Folder is on a disk of this machine, and never copied to another. Each camera has a folder in it.
	Folder string
	// MaxBytes of the files; 0: 1 GiB. What a frame that finds no room does, WithOnFull says.
	MaxBytes int64
	// MaxAge after which a frame that was never sent is dropped; 0: it is kept.
	MaxAge time.Duration
	// Sync: a power cut takes frames of the last so long; 0: one second.
	Sync time.Duration
}

const (
	// SyncEach as DiskSpool.Sync: Send waits until its frame is on the disk.
	SyncEach time.Duration = -1
	// SyncNever as DiskSpool.Sync: it is left to the kernel.
	SyncNever time.Duration = -2

	diskBytes      = 1 << 30 // an hour of a camera with 5 frames/s of 60 KB
	leastDiskBytes = 1 << 20 // sixteen segments, which are deleted one by one
	syncInterval   = time.Second
)

// WithDiskSpool keeps frames on disk until ingest has them.
func WithDiskSpool(spool DiskSpool) Option {
	return func(o *options) {
		if spool.MaxBytes == 0 {
			spool.MaxBytes = diskBytes
		}
		if spool.Sync == 0 {
			spool.Sync = syncInterval
		}
		o.disk = &spool
	}
}

// WithOnRejected sets what is called with every frame that ingest refused, by whichever goroutine calls
// Send, Close or Shutdown.
func WithOnRejected(call func(Rejection)) Option { return func(o *options) { o.onRejected = call } }

// WithClock sets the camera's clock. It need not be right: ingest finds out how far it is from its own.
func WithClock(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// WithLogger sets where breaks of the connection and the first rejection of each reason are told.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithTLS connects by TLS. What the config's functions return (GetClientCertificate) is asked for at each
// handshake, so that new certificates are taken over at the next connection.
func WithTLS(config *tls.Config) Option { return func(o *options) { o.tls = config } }

// WithToken sends a bearer token with each stream, which is asked for when the stream is opened: where one
// ends while frames are sent, the next stream shows the next. Over a connection without TLS it is sent to
// this machine only.
func WithToken(token func(context.Context) (string, error)) Option {
	return func(o *options) { o.token = token }
}

// WithMonitor sets the addresses of the monitor, which Results reads from: host:port, the first is tried
// first.
func WithMonitor(addresses ...string) Option {
	return func(o *options) { o.monitors = addresses }
}

var name = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// check says what could never succeed, before anything is tried.
func (o *options) check(target Target) error {
	bad := func(format string, values ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrBadOption}, values...)...)
	}
	if len(target.Addresses) == 0 {
		return bad("no address of an ingest: give one, such as 127.0.0.1:7401")
	}
	for _, address := range target.Addresses {
		if address == "" {
			return bad("an address of ingest is empty: give host:port")
		}
	}
	if slices.Contains(o.monitors, "") {
		return bad("an address of the monitor is empty: give host:port")
	}
	for _, named := range []struct{ what, value string }{
		{"pipeline", target.Pipeline}, {"camera", target.Camera},
	} {
		if !name.MatchString(named.value) {
			return bad("%s %q: use 1 to 64 letters, digits, \"-\" and \"_\"", named.what, named.value)
		}
	}
	switch {
	case o.onFull != Block && o.onFull != Error && o.onFull != DropOldest:
		return bad("WithOnFull is one of Block, Error, DropOldest, not %q", o.onFull)
	case o.spool.Frames < 1 || o.spool.Bytes < 1:
		return bad("a spool of %d frames and %d bytes holds none: 1 at least", o.spool.Frames, o.spool.Bytes)
	case o.disk != nil && o.disk.Folder == "":
		return bad("a spool on disk needs a folder")
	case o.disk != nil && (o.disk.MaxBytes < leastDiskBytes || o.disk.MaxAge < 0 || o.disk.Sync < SyncNever):
		return bad("a spool of %d bytes, an age of %v and a sync every %v: %d bytes at least, and no negative "+
			"times", o.disk.MaxBytes, o.disk.MaxAge, o.disk.Sync, leastDiskBytes)
	case o.connectTimeout <= 0 || o.closeTimeout < 0:
		return bad("a time-out of %v to connect and %v to close: it has to be positive", o.connectTimeout,
			o.closeTimeout)
	case o.clock == nil || o.log == nil || o.onRejected == nil:
		return bad("WithClock, WithLogger and WithOnRejected need a value that is not nil")
	}
	return nil
}

// A FrameOption says more of one frame.
type FrameOption func(*frameOptions)

type frameOptions struct {
	captured time.Time
	given    bool
	headers  map[string]string
}

// CapturedAt says when the frame was captured, by the camera's clock; without it: now.
func CapturedAt(t time.Time) FrameOption {
	return func(o *frameOptions) { o.captured, o.given = t, true }
}

// WithHeaders passes headers on with the frame: 400 bytes in all. A W3C traceparent makes the frame's trace
// a part of that one, recorded if that is.
func WithHeaders(headers map[string]string) FrameOption {
	return func(o *frameOptions) { o.headers = headers }
}
