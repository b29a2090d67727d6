// Push sends the frames of a folder of images, or of an MJPEG stream over HTTP, to framemesh:
//
//	push -camera door examples/text/pictures
//	push -camera door http://192.0.2.7/video.mjpeg
//
// Ctrl-C ends it, after what was sent is acknowledged.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	framemesh "framemesh.dev/sdk/go"
)

func main() {
	addresses := flag.String("ingest", "127.0.0.1:7401", "addresses of ingest, with commas between them")
	pipeline := flag.String("pipeline", "street", "pipeline that the frames are for")
	name := flag.String("camera", "door", "name of the camera")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "push: give one folder of images, or the URL of an MJPEG stream")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	target := framemesh.Target{
		Addresses: strings.Split(*addresses, ","), Pipeline: *pipeline, Camera: *name,
	}
	if err := push(ctx, target, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "push:", err)
		os.Exit(1)
	}
}

func push(ctx context.Context, target framemesh.Target, source string) (err error) {
	live := strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://")
	policy := framemesh.Block
	if live {
		policy = framemesh.DropOldest // a live source waits for nobody
	}
	camera, err := framemesh.NewCamera(target, framemesh.WithOnFull(policy))
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, camera.Close())
		counts := camera.Counts()
		fmt.Printf("%d frames: %d accepted, %d rejected, %d dropped, %d unanswered\n",
			counts.Offered, counts.Accepted, counts.Rejected, counts.Dropped, counts.Pending)
	}()
	send := func(image []byte) error {
		_, err := camera.Send(ctx, image)
		return err
	}
	if live {
		err = stream(ctx, source, send)
	} else {
		err = folder(source, send)
	}
	if ctx.Err() != nil {
		return nil // Ctrl-C
	}
	return err
}
