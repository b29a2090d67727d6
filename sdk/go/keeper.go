package framemesh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"framemesh.dev/sdk/go/internal/session"
	"framemesh.dev/sdk/go/internal/spool"
)

// lookInterval is between two looks for frames that wait for too long.
const lookInterval = time.Second

// A keeper puts on the disk what a camera wrote into its spool. The kernel has it before: what a power cut
// may take is not for the camera's lock to wait for.
type keeper struct {
	camera *Camera
	folder *spool.Folder
	wanted chan struct{} // a frame waits for the disk
	quit   chan struct{}
	done   chan struct{}

	// Under the camera's lock.
	put, synced uint64 // frames that were written, and that are on the disk
	fault       error  // of the last sync
	dropped     uint64 // frames whose drop was told
	told        time.Time
}

// openSpool begins with the session and the frames that the spool has.
func (c *Camera) openSpool() error {
	disk := c.options.disk
	folder, err := spool.Open(spool.Options{
		Root: disk.Folder, Pipeline: c.target.Pipeline, Camera: c.target.Camera,
		MaxBytes: disk.MaxBytes, MaxAge: disk.MaxAge, Drops: c.options.onFull == DropOldest,
		Now: func() int64 { return c.options.clock().UnixNano() },
	})
	switch {
	case errors.Is(err, spool.ErrInUse):
		return fmt.Errorf("%w: %w", ErrSpoolInUse, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrSpool, err)
	}
	if folder.Cut > 0 {
		c.options.log.Warn("the spool ended in a frame that was not written to its end; it is cut off",
			"camera", c.target.Camera, "spool", folder.Path, "bytes", folder.Cut)
	}
	c.session = session.New(folder.Session, folder, false)
	c.session.Resume(folder.Begin)
	c.disk = &keeper{
		camera: c, folder: folder, wanted: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	go c.disk.run()
	if left := folder.Len(); left > 0 {
		c.options.log.Info("frames are left in the spool and are sent first", "camera", c.target.Camera,
			"spool", folder.Path, "frames", left)
		c.mu.Lock()
		c.start()
		c.mu.Unlock()
	}
	return nil
}

// written tells that a frame was put, and waits for the disk where that is asked for. Under the camera's
// lock.
func (k *keeper) written(ctx context.Context) error {
	k.put++
	if k.camera.options.disk.Sync != SyncEach {
		return nil
	}
	mine, before := k.put, k.fault
	k.camera.notify()
	select {
	case k.wanted <- struct{}{}:
	default: // whoever comes before syncs this frame too
	}
	err := k.camera.wait(ctx, func() bool { return k.synced >= mine || k.fault != before })
	switch {
	case err != nil:
		return fmt.Errorf("the frame is taken, and may not be on the disk yet: %w", err)
	case k.synced < mine:
		return fmt.Errorf("%w: the frame may not be on the disk: %w", ErrSpool, k.fault)
	}
	return nil
}

// run syncs, and drops what waits for too long, until the camera is stopped.
func (k *keeper) run() {
	defer close(k.done)
	interval := k.camera.options.disk.Sync
	if interval <= 0 {
		interval = lookInterval
	}
	ticks := time.NewTicker(min(interval, lookInterval))
	defer ticks.Stop()
	last := time.Now()
	for {
		select {
		case <-k.quit:
			return
		case <-k.wanted:
			k.sync()
		case now := <-ticks.C:
			k.look()
			if k.camera.options.disk.Sync > 0 && now.Sub(last) >= interval-interval/8 {
				k.sync()
				last = now
			}
		}
	}
}

func (k *keeper) sync() {
	c := k.camera
	c.mu.Lock()
	put := k.put
	if put == k.synced {
		c.mu.Unlock()
		return
	}
	flush := k.folder.Flush()
	c.mu.Unlock()
	err := flush()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		k.synced = put
	} else if k.fault == nil {
		c.options.log.Warn("the spool cannot be put on the disk", "camera", c.target.Camera,
			"spool", k.folder.Path, "error", err)
	}
	k.fault = err
	c.notify()
}

// look drops what waits for too long, and tells what was dropped, once a minute.
func (k *keeper) look() {
	c := k.camera
	c.mu.Lock()
	defer c.mu.Unlock()
	k.folder.DropOld()
	c.notify()
	if dropped := k.folder.Dropped(); dropped > k.dropped && time.Since(k.told) > time.Minute {
		c.options.log.Warn("frames of the spool were dropped before they were sent", "camera",
			c.target.Camera, "spool", k.folder.Path, "frames", dropped-k.dropped)
		k.dropped, k.told = dropped, time.Now()
	}
}

// stop puts everything on the disk and closes the spool; it returns the folder.
func (k *keeper) stop() string {
	close(k.quit)
	<-k.done
	k.camera.mu.Lock()
	defer k.camera.mu.Unlock()
	k.folder.Close()
	return k.folder.Path
}
