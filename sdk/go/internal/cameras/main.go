// Cameras sends as many cameras of one process. It prints a line once all are connected, and what it
// came to, as JSON, once the last frame is acknowledged: the benchmark `python -m bench.producers`
// compares it with the Python SDK.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	framemesh "framemesh.dev/sdk/go"
)

type sent struct {
	Accepted      uint64  `json:"accepted"`
	Seconds       float64 `json:"seconds"`
	CPUSeconds    float64 `json:"cpu_seconds"`
	ResidentBytes int64   `json:"resident_bytes"`
}

func main() {
	cameras := flag.Int("cameras", 4, "cameras of this process")
	fps := flag.Float64("fps", 0, "frames a second of each; 0: as fast as it goes")
	seconds := flag.Float64("seconds", 10, "for how long")
	image := flag.String("image", "", "the JPEG that they send")
	flag.Parse()
	if err := run(*cameras, *fps, *seconds, *image); err != nil {
		fmt.Fprintln(os.Stderr, "cameras:", err)
		os.Exit(1)
	}
}

func run(count int, fps, seconds float64, path string) error {
	image, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	all := make([]*framemesh.Camera, count)
	for number := range all {
		target := framemesh.Target{
			Addresses: strings.Split(flag.Arg(0), ","),
			Pipeline:  flag.Arg(1),
			Camera:    "camera-" + strconv.Itoa(number),
		}
		camera, err := framemesh.NewCamera(target,
			framemesh.WithConnectTimeout(time.Minute), framemesh.WithCloseTimeout(2*time.Minute))
		if err != nil {
			return err
		}
		defer camera.Close()
		all[number] = camera
	}
	// All are connected before what is measured begins.
	if err := each(all, func(_ int, camera *framemesh.Camera) error {
		_, err := camera.Send(context.Background(), image)
		return err
	}); err != nil {
		return err
	}
	answered(all)
	fmt.Println("connected")
	before, began, spent := accepted(all), time.Now(), cpuSeconds()
	length := time.Duration(seconds * float64(time.Second))
	if err := each(all, func(number int, camera *framemesh.Camera) error {
		for frame := 0; time.Since(began) < length; frame++ {
			if fps > 0 { // cameras take turns
				due := (float64(frame) + float64(number)/float64(count)) / fps
				time.Sleep(time.Until(began.Add(time.Duration(due * float64(time.Second)))))
			}
			if _, err := camera.Send(context.Background(), image); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	answered(all)
	return json.NewEncoder(os.Stdout).Encode(sent{
		Accepted:      accepted(all) - before,
		Seconds:       time.Since(began).Seconds(),
		CPUSeconds:    cpuSeconds() - spent,
		ResidentBytes: residentBytes(),
	})
}

// each calls for every camera at once, and returns the first error.
func each(all []*framemesh.Camera, call func(int, *framemesh.Camera) error) error {
	var group sync.WaitGroup
	failed := make(chan error, len(all))
	for number, camera := range all {
		group.Add(1)
		go func() {
			defer group.Done()
			if err := call(number, camera); err != nil {
				failed <- err
			}
		}()
	}
	group.Wait()
	close(failed)
	return <-failed
}

func answered(all []*framemesh.Camera) {
	for _, camera := range all {
		for camera.Counts().Pending > 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func accepted(all []*framemesh.Camera) (found uint64) {
	for _, camera := range all {
		found += camera.Counts().Accepted
	}
	return found
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func residentBytes() int64 {
	said, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(said))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
