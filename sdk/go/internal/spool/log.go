package spool

import (
	"errors"
	"os"
	"slices"

	"framemesh.dev/sdk/go/internal/session"
)

const (
	// Room is made by whole segments: a sixteenth of the bound is dropped at once.
	segments          = 16
	leastSegmentBytes = 64 << 10
	mostSegmentBytes  = 16 << 20
)

var errNoRoom = errors.New("the spool is full, and nothing in it may be dropped")

type place struct {
	segment *segment
	at      int64
}

// A recordLog has records in order of their sequence numbers. In memory are a few numbers for each segment,
// and one entry for each frame that was read and is not settled.
type recordLog struct {
	folder       string
	maxBytes     int64
	segmentBytes int64
	drops        bool // the oldest frames that were never sent make room
	segments     []*segment
	places       map[uint64]place // of what was read
	reads        int              // index of the segment to read on
	at           int64            // where in it
	newNames     bool             // since the folder was synced
	unread       int              // records that are neither settled nor read
	used         int64            // bytes of all segments
	dropped      uint64
}

func newLog(folder string, maxBytes int64, drops bool) *recordLog {
	return &recordLog{
		folder: folder, maxBytes: maxBytes, drops: drops, places: map[uint64]place{},
		segmentBytes: min(max(maxBytes/segments, leastSegmentBytes), mostSegmentBytes),
	}
}

// open reads what is there. It returns the next sequence number, 0 where there is no segment, and how many
// bytes were cut off, as they were no whole records.
func (l *recordLog) open() (next uint64, cut int64, err error) {
	numbers, err := segmentNumbers(l.folder)
	if err != nil {
		return 0, 0, err
	}
	var last uint64
	for at, number := range numbers {
		s, err := openSegment(l.folder, number, false)
		if err != nil {
			return 0, 0, err
		}
		l.segments = append(l.segments, s)
		lost, err := s.recover(last, at == len(numbers)-1)
		if err != nil {
			return 0, 0, err
		}
		cut += lost
		last = s.last
		l.unread += s.waiting + s.sent
		l.used += s.size
	}
	l.deleteSettled()
	if len(numbers) == 0 {
		return 0, 0, nil
	}
	return max(last+1, numbers[len(numbers)-1]), cut, nil
}

func (l *recordLog) lastSegment() *segment { return l.segments[len(l.segments)-1] }

// begin appends to a new segment from now on. One that has this number is left from a kill.
func (l *recordLog) begin(first uint64) error {
	if len(l.segments) > 0 && l.lastSegment().first == first {
		return nil
	}
	s, err := openSegment(l.folder, first, true)
	if err != nil {
		return err
	}
	l.segments = append(l.segments, s)
	l.newNames = true
	return nil
}

// hasRoom is whether a record of so many bytes may be appended now.
func (l *recordLog) hasRoom(size int64) bool {
	used := l.used
	if last := l.lastSegment(); last.isSettled() {
		used -= last.size
	}
	return l.drops || used+size <= l.maxBytes
}

// append adds a frame as waiting. An error: it is not there.
func (l *recordLog) append(frame session.Frame) error {
	size := recordSize(frame)
	if err := l.makeRoom(size, frame.Sequence); err != nil {
		return err
	}
	if last := l.lastSegment(); last.size > 0 && last.size+size > l.segmentBytes {
		if err := l.begin(frame.Sequence); err != nil {
			return err
		}
		l.deleteSettled()
	}
	s := l.lastSegment()
	if err := s.append(encode(frame, waiting), frame.Image); err != nil {
		return err
	}
	s.last = frame.Sequence
	s.waiting++
	l.used += size
	l.unread++
	return nil
}

// next is the head of the next record to read; false if there is none.
func (l *recordLog) next() (head, bool) {
	for l.unread > 0 {
		s := l.segments[l.reads]
		h, whole := s.head(l.at)
		switch {
		case !whole && l.reads == len(l.segments)-1:
			// The disk lost heads since they were counted, and with them what follows.
			l.dropped += uint64(l.unread)
			l.unread = 0
		case !whole:
			l.reads, l.at = l.reads+1, 0
		case h.isSettled() || l.isRead(h):
			l.at += h.size()
		default:
			return h, true
		}
	}
	return head{}, false
}

func (l *recordLog) isRead(h head) bool {
	_, read := l.places[h.frame.Sequence]
	return read
}

// take reads the frame of next, which is marked as sent from now on; false: dropped, as the disk lost it.
func (l *recordLog) take(h head) (session.Frame, bool) {
	s := l.segments[l.reads]
	image, whole := s.image(l.at, h)
	if whole && h.state == waiting {
		if s.mark(l.at, sent) != nil {
			whole = false // it must not be sent as long as the disk says that it may be dropped
		} else {
			s.waiting--
			s.sent++
			h.state = sent
		}
	}
	if !whole {
		l.drop(h)
		return session.Frame{}, false
	}
	l.places[h.frame.Sequence] = place{s, l.at}
	l.at += h.size()
	l.unread--
	frame := h.frame
	frame.Image = image
	return frame, true
}

// drop the record of next.
func (l *recordLog) drop(h head) {
	s := l.segments[l.reads]
	_ = s.mark(l.at, dropped) // else it is sent by the next run, under its id
	s.count(h, -1)
	l.at += h.size()
	l.unread--
	l.dropped++
	l.deleteSettled()
}

// settle tells that ingest answered a frame.
func (l *recordLog) settle(sequence uint64) {
	p, known := l.places[sequence]
	if !known {
		return
	}
	delete(l.places, sequence)
	_ = p.segment.mark(p.at, settled) // else it is sent once more by the next run, under its id
	p.segment.sent--
	if p.segment.isSettled() {
		l.deleteSettled()
	}
}

func (l *recordLog) makeRoom(size int64, sequence uint64) error {
	for l.used+size > l.maxBytes {
		victim := l.victim()
		if victim == nil {
			return errNoRoom
		}
		if victim == l.lastSegment() {
			// Its name keeps the numbers of the one that goes.
			if err := l.begin(sequence); err != nil {
				return err
			}
		}
		l.dropped += uint64(victim.waiting)
		l.unread -= victim.waiting
		victim.waiting = 0
		l.delete(func(s *segment) bool { return s == victim })
	}
	return nil
}

// victim is the segment that goes for a new frame; nil if none may.
func (l *recordLog) victim() *segment {
	if last := l.lastSegment(); last.isSettled() && last.size > 0 {
		return last
	}
	if !l.drops {
		return nil
	}
	at := slices.IndexFunc(l.segments, func(s *segment) bool { return s.waiting > 0 && s.sent == 0 })
	if at < 0 {
		return nil
	}
	return l.segments[at]
}

// deleteSettled deletes all but the last, whose name and last record tell the next number.
func (l *recordLog) deleteSettled() {
	if len(l.segments) == 0 {
		return
	}
	last := l.lastSegment()
	l.delete(func(s *segment) bool { return s != last && s.isSettled() })
}

func (l *recordLog) delete(goes func(*segment) bool) {
	var kept []*segment
	reads := l.reads
	for at, s := range l.segments {
		if !goes(s) {
			kept = append(kept, s)
			continue
		}
		s.delete()
		l.used -= s.size
		if at < reads {
			l.reads--
		} else if at == reads {
			l.at = 0 // of the one that comes after it
		}
	}
	l.segments = kept
}

// dirty are the files that are not on the disk, which count as synced from now on.
func (l *recordLog) dirty() []*os.File {
	var files []*os.File
	for _, s := range l.segments {
		if !s.synced {
			files = append(files, s.file)
			s.synced = true
		}
	}
	return files
}

func (l *recordLog) close() {
	for _, s := range l.segments {
		_ = s.file.Close()
	}
}
