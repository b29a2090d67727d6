// Conformance is the program that the suite of tests/conformance tells what to do: JSON lines in, JSON lines
// out. camera_program.py there has the words.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"time"

	framemesh "framemesh.dev/sdk/go"
)

type command struct {
	ID int    `json:"id"`
	Do string `json:"do"`

	Addresses []string `json:"addresses"`
	Pipeline  string   `json:"pipeline"`
	Name      string   `json:"name"`
	Options   opening  `json:"options"`

	Image       []byte            `json:"image"`
	Headers     map[string]string `json:"headers"`
	CapturedAgo *float64          `json:"captured_ago"`

	Frames uint64 `json:"frames"`

	FromStart bool `json:"from_start"`

	Timeout *float64 `json:"timeout"`
}

type opening struct {
	ConnectTimeout *float64 `json:"connect_timeout"`
	SendTimeout    *float64 `json:"send_timeout"`
	CloseTimeout   *float64 `json:"close_timeout"`
	OnFull         string   `json:"on_full"`
	SpoolFrames    uint32   `json:"spool_frames"`
	SpoolBytes     uint64   `json:"spool_bytes"`
	Monitor        []string `json:"monitor"`
	TokenFile      string   `json:"token_file"`
	TLS            *files   `json:"tls"`
	Disk           *struct {
		Folder      string   `json:"folder"`
		MaxBytes    int64    `json:"max_bytes"`
		MaxAge      float64  `json:"max_age"`
		SyncSeconds *float64 `json:"sync_seconds"`
	} `json:"disk"`
}

// files of certificates, in PEM.
type files struct {
	CA          string `json:"ca"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// config reads the files: the authority now, the camera's own at each handshake.
func (f *files) config() (*tls.Config, error) {
	authority, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	own := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
		return &pair, err
	}
	return &tls.Config{RootCAs: roots, GetClientCertificate: own, MinVersion: tls.VersionTLS13}, nil
}

type answer map[string]any

// program is one camera, and its answers.
type program struct {
	mu          sync.Mutex
	camera      *framemesh.Camera
	sendTimeout *float64
	results     func() (framemesh.Result, error, bool)
}

func main() {
	p := &program{}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var c command
		if err := json.Unmarshal(line, &c); err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
			os.Exit(2)
		}
		go p.handle(c)
	}
}

func (p *program) handle(c command) {
	result, err := p.do(c)
	if err != nil {
		result = answer{"error": name(err), "message": err.Error()}
	}
	result["id"] = c.ID
	p.tell(result)
}

func (p *program) do(c command) (answer, error) {
	switch c.Do {
	case "open":
		return answer{}, p.open(c)
	case "send":
		sequence, err := p.send(c)
		return answer{"sequence": sequence}, err
	case "session":
		return answer{"session": p.camera.Session()}, nil
	case "counts":
		counts := p.camera.Counts()
		return answer{"counts": map[string]uint64{
			"offered": counts.Offered, "accepted": counts.Accepted, "rejected": counts.Rejected,
			"dropped": counts.Dropped, "pending": counts.Pending, "filtered": counts.Filtered,
		}}, nil
	case "statistics":
		found := p.camera.Statistics()
		return answer{"statistics": map[string]any{
			"accepted_bytes": found.AcceptedBytes, "is_sending": found.AcceptedPerSecond > 0,
			"is_connected": found.Connected, "reconnects": found.Reconnects, "spool_frames": found.SpoolFrames,
			"spool_bytes": found.SpoolBytes, "is_waiting": found.Oldest > 0, "last_error": found.LastError,
		}}, nil
	case "hint":
		hint := p.camera.Hint()
		return answer{"frames_per_second": hint.FramesPerSecond, "quality": hint.Quality}, nil
	case "filtered":
		return answer{}, p.camera.Filtered(c.Frames)
	case "results":
		return answer{}, p.readResults(c)
	case "result":
		return p.nextResult()
	case "close":
		if c.Timeout == nil {
			return answer{}, p.camera.Close()
		}
		ctx, cancel := context.WithTimeout(context.Background(), seconds(*c.Timeout))
		defer cancel()
		return answer{}, p.camera.Shutdown(ctx)
	default:
		return nil, fmt.Errorf("no command %q", c.Do)
	}
}

func (p *program) open(c command) error {
	options := []framemesh.Option{framemesh.WithOnRejected(func(one framemesh.Rejection) {
		p.tell(answer{"rejected": answer{
			"sequence": one.Sequence, "reason": one.Reason, "message": one.Message,
		}})
	})}
	o := c.Options
	if o.ConnectTimeout != nil {
		options = append(options, framemesh.WithConnectTimeout(seconds(*o.ConnectTimeout)))
	}
	if o.CloseTimeout != nil {
		options = append(options, framemesh.WithCloseTimeout(seconds(*o.CloseTimeout)))
	}
	if o.OnFull != "" {
		options = append(options, framemesh.WithOnFull(framemesh.OnFull(o.OnFull)))
	}
	if o.SpoolFrames > 0 || o.SpoolBytes > 0 {
		frames, bytes := o.SpoolFrames, o.SpoolBytes
		if frames == 0 {
			frames = 64
		}
		if bytes == 0 {
			bytes = 16 << 20
		}
		options = append(options, framemesh.WithSpool(frames, bytes))
	}
	if o.Disk != nil {
		spool := framemesh.DiskSpool{
			Folder: o.Disk.Folder, MaxBytes: o.Disk.MaxBytes, MaxAge: seconds(o.Disk.MaxAge),
		}
		if o.Disk.SyncSeconds != nil {
			if spool.Sync = seconds(*o.Disk.SyncSeconds); spool.Sync == 0 {
				spool.Sync = framemesh.SyncEach
			}
		}
		options = append(options, framemesh.WithDiskSpool(spool))
	}
	if o.Monitor != nil {
		options = append(options, framemesh.WithMonitor(o.Monitor...))
	}
	if o.TokenFile != "" {
		options = append(options, framemesh.WithToken(func(context.Context) (string, error) {
			token, err := os.ReadFile(o.TokenFile)
			return strings.TrimSpace(string(token)), err
		}))
	}
	if o.TLS != nil {
		config, err := o.TLS.config()
		if err != nil {
			return err
		}
		options = append(options, framemesh.WithTLS(config))
	}
	p.sendTimeout = o.SendTimeout
	var err error
	p.camera, err = framemesh.NewCamera(
		framemesh.Target{Addresses: c.Addresses, Pipeline: c.Pipeline, Camera: c.Name}, options...)
	return err
}

func (p *program) readResults(c command) error {
	var options []framemesh.ResultsOption
	if c.FromStart {
		options = append(options, framemesh.FromStart())
	}
	results, err := p.camera.Results(context.Background(), options...)
	if err == nil {
		p.results, _ = iter.Pull2(results)
	}
	return err
}

func (p *program) nextResult() (answer, error) {
	result, err, _ := p.results()
	if err != nil {
		return nil, err
	}
	return answer{
		"session": result.Session, "sequence": result.Sequence, "fate": result.Fate, "reason": result.Reason,
		"captured_unix_nano": result.Captured.UnixNano(), "detections": labels(result),
	}, nil
}

func labels(result framemesh.Result) []string {
	found := []string{}
	for _, one := range result.Detections {
		found = append(found, one.Label)
	}
	return found
}

func (p *program) send(c command) (uint64, error) {
	var options []framemesh.FrameOption
	if c.Headers != nil {
		options = append(options, framemesh.WithHeaders(c.Headers))
	}
	if c.CapturedAgo != nil {
		options = append(options, framemesh.CapturedAt(time.Now().Add(-seconds(*c.CapturedAgo))))
	}
	ctx := context.Background()
	if p.sendTimeout != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, seconds(*p.sendTimeout))
		defer cancel()
	}
	return p.camera.Send(ctx, c.Image, options...)
}

// tell writes one line.
func (p *program) tell(message answer) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err) // of values that are all simple
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = os.Stdout.Write(append(line, '\n'))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// name of an error, the same for every SDK. The special ones are before those that they are too.
func name(err error) string {
	for _, known := range []struct {
		err  error
		name string
	}{
		{framemesh.ErrBadOption, "invalid_argument"},
		{framemesh.ErrBadFrame, "bad_frame"},
		{framemesh.ErrClosed, "closed"},
		{framemesh.ErrPipelineUnknown, "pipeline_unknown"},
		{framemesh.ErrRefused, "refused"},
		{framemesh.ErrSpoolInUse, "spool_in_use"},
		{framemesh.ErrSpool, "spool_failed"},
		{framemesh.ErrUnreachable, "unreachable"},
		{framemesh.ErrNoCredit, "no_credit"},
		{framemesh.ErrUnacknowledged, "unacknowledged"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return "unknown"
}
