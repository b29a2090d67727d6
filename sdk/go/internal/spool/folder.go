package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"framemesh.dev/sdk/go/internal/session"
)

// ErrInUse: another camera has the spool.
var ErrInUse = errors.New("spool in use")

// recordOverhead are bytes of a record besides its image, at most.
const recordOverhead = 512

// Options of a spool.
type Options struct {
	Root     string
	Pipeline string
	Camera   string
	MaxBytes int64
	MaxAge   time.Duration // 0: frames are kept, whatever their age
	Drops    bool          // the oldest frames that were never sent make room for new ones
	Now      func() int64  // the camera's clock: nanoseconds since the Unix epoch
}

// A Folder is the spool of one camera while it is open: a session.Queue whose frames are on disk. Its methods
// must not overlap, but for Flush.
type Folder struct {
	// Path of the folder.
	Path string
	// Session of every frame in it.
	Session string
	// Begin is the number of the next frame.
	Begin uint64
	// Cut is how many bytes were cut off, as they were no whole records.
	Cut int64

	log  *recordLog
	file sessionFile
	lock *os.File
	ages *ages
	last uint64 // number that was written
}

var _ session.Queue = (*Folder)(nil)

// Open takes a folder for this process, and reads what is in it.
func Open(o Options) (*Folder, error) {
	return open(o, bootID())
}

func open(o Options, boot string) (*Folder, error) {
	f := &Folder{Path: filepath.Join(o.Root, o.Pipeline, o.Camera)}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return nil, fmt.Errorf("the spool %s cannot be made: %w", f.Path, err)
	}
	var err error
	if f.lock, err = lock(filepath.Join(f.Path, "lock")); err != nil {
		return nil, fmt.Errorf("the spool %s: %w: a spool belongs to one camera: end that one, or choose "+
			"another folder", f.Path, err)
	}
	f.log = newLog(f.Path, o.MaxBytes, o.Drops)
	if err := f.recover(boot); err != nil {
		f.Close()
		return nil, fmt.Errorf("the spool %s cannot be opened: %w", f.Path, err)
	}
	if o.MaxAge > 0 {
		f.ages = &ages{maxAge: o.MaxAge, openedUnix: o.Now(), opened: time.Now()}
	}
	return f, nil
}

func (f *Folder) recover(boot string) error {
	if err := os.RemoveAll(filepath.Join(f.Path, sessionName+".new")); err != nil {
		return err
	}
	found, known, err := readSession(f.Path)
	if err != nil {
		return err
	}
	if !known {
		if found, err = f.begin(boot); err != nil {
			return err
		}
	}
	next, cut, err := f.log.open()
	if err != nil {
		return err
	}
	other := found.boot != boot || boot == noBoot
	switch {
	case !known:
		next = max(next, 1)
	case other || next == 0:
		// Records may be gone, of frames that were stored.
		next = max(next, found.reserved+1)
	}
	if len(f.log.segments) == 0 || other {
		if err := f.log.begin(next); err != nil {
			return err
		}
	}
	f.Session, f.Begin, f.Cut = found.session, next, cut
	f.file, f.last = found, next-1
	if next > found.reserved || found.boot != boot {
		f.file.boot = boot
		return f.reserve()
	}
	return nil
}

func (f *Folder) begin(boot string) (sessionFile, error) {
	file := newSessionFile(boot)
	if err := replaceSession(f.Path, file); err != nil {
		return file, err
	}
	// The names of the folders are new as well.
	parent := filepath.Dir(f.Path)
	return file, errors.Join(syncFolder(parent), syncFolder(filepath.Dir(parent)))
}

// reserve makes the numbers after the last one free to be used.
func (f *Folder) reserve() error {
	file := f.file
	file.reserved = f.last + reservedAtOnce
	if err := replaceSession(f.Path, file); err != nil {
		return err
	}
	f.file = file
	return nil
}

// CanHold is whether an image of so many bytes fits into the spool at all.
func (f *Folder) CanHold(size int) bool { return int64(size)+recordOverhead <= f.log.maxBytes }

// Len implements session.Queue.
func (f *Folder) Len() int { return f.log.unread }

// Bytes implements session.Queue.
func (f *Folder) Bytes() uint64 { return uint64(f.log.used) }

// Dropped implements session.Queue.
func (f *Folder) Dropped() uint64 { return f.log.dropped }

// HasRoom implements session.Queue.
func (f *Folder) HasRoom(size int) bool { return f.log.hasRoom(int64(size) + recordOverhead) }

// Put implements session.Queue.
func (f *Folder) Put(frame session.Frame) error {
	f.last = frame.Sequence
	if frame.Sequence > f.file.reserved {
		if err := f.reserve(); err != nil {
			return err
		}
	}
	switch err := f.log.append(frame); {
	case errors.Is(err, errNoRoom):
		// Everything in the spool may be stored, so the frame itself is the one that goes.
		f.log.dropped++
		return nil
	case err != nil:
		return err
	}
	if f.ages != nil {
		f.ages.taken(frame.Sequence, time.Now())
	}
	return nil
}

// Next implements session.Queue.
func (f *Folder) Next() (uint64, int, bool) {
	h, found := f.next()
	return h.frame.Sequence, int(h.imageSize), found
}

// Oldest implements session.Queue.
func (f *Folder) Oldest() (int64, bool) {
	h, found := f.next()
	return h.frame.Given(), found
}

// next is the oldest frame, once those that wait for too long are dropped.
func (f *Folder) next() (head, bool) {
	now := time.Now()
	for {
		h, found := f.log.next()
		over := found && f.ages != nil && h.state == waiting &&
			f.ages.isOver(h.frame.Sequence, h.frame.Given(), now)
		if !over {
			return h, found
		}
		f.log.drop(h)
	}
}

// Take implements session.Queue.
func (f *Folder) Take() (session.Frame, bool) {
	h, found := f.next()
	if !found {
		return session.Frame{}, false
	}
	return f.log.take(h)
}

// Settle implements session.Queue.
func (f *Folder) Settle(sequence uint64) { f.log.settle(sequence) }

// DropOld drops the frames that wait for too long, also while nobody takes any.
func (f *Folder) DropOld() { f.next() }

// Withhold implements session.Queue: what is on disk stays as it is, and is withheld when it is taken.
func (f *Folder) Withhold(uint64) {}

// Flush returns what puts everything that was written so far on the disk. That may be called at any time.
func (f *Folder) Flush() func() error {
	files, names := f.log.dirty(), f.log.newNames
	f.log.newNames = false
	return func() error {
		var faults []error
		for _, file := range files {
			if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // it was deleted
				faults = append(faults, err)
			}
		}
		if names {
			faults = append(faults, syncFolder(f.Path))
		}
		return errors.Join(faults...)
	}
}

// Close puts everything on the disk, and leaves the folder to others.
func (f *Folder) Close() {
	_ = f.Flush()()
	f.log.close()
	_ = f.lock.Close()
}
