package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// silence is how long a camera may send nothing: longer than between two pictures of any.
	silence = 10 * time.Second
	// largest picture that is read; ingest takes less.
	largest = 64 << 20
	// again is the pause before a stream that ended is opened again.
	again = 2 * time.Second
)

// errSend is of whoever takes the pictures: the camera is not the trouble.
var errSend = errors.New("cannot send")

// stream gives the pictures of an MJPEG stream to send. When it breaks it is opened again, until ctx ends.
func stream(ctx context.Context, address string, send func([]byte) error) error {
	for {
		err := once(ctx, address, send)
		if ctx.Err() != nil || errors.Is(err, errSend) {
			return err
		}
		fmt.Fprintf(os.Stderr, "push: the stream ended (%v); opening it again\n", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
	}
}

// once reads a stream from its opening to its end.
func once(ctx context.Context, address string, send func([]byte) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	quiet := time.AfterFunc(silence, cancel)
	defer quiet.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return withoutSecrets(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return withoutSecrets(err)
	}
	defer func() { _ = response.Body.Close() }()
	kind, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode != http.StatusOK || err != nil || !strings.HasPrefix(kind, "multipart/") {
		return fmt.Errorf("the camera answers %s with %q, not an MJPEG stream", response.Status,
			response.Header.Get("Content-Type"))
	}
	// Some cameras put the dashes of the delimiter into the header too.
	parts := multipart.NewReader(response.Body, strings.TrimPrefix(parameters["boundary"], "--"))
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return err
		}
		picture, err := io.ReadAll(io.LimitReader(part, largest))
		if err != nil { // it stopped in the middle of a picture
			return err
		}
		quiet.Reset(silence)
		if err := send(picture); err != nil {
			return fmt.Errorf("%w: %w", errSend, err)
		}
	}
}

// withoutSecrets is an error without the URL, which may have a password.
func withoutSecrets(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
