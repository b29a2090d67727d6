package spool

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

var segmentName = regexp.MustCompile(`^[0-9]{20}\.frames$`)

// A segment is a file of records, of which the last may be torn when it is opened. Its numbers are those of
// the records that are whole.
type segment struct {
	first   uint64 // the lowest sequence number that it may hold
	last    uint64 // the highest that is in it or before it
	path    string
	file    *os.File
	size    int64
	waiting int
	sent    int
	synced  bool
}

// openSegment opens one that is there, or makes it.
func openSegment(folder string, first uint64, create bool) (*segment, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE | os.O_EXCL
	}
	path := filepath.Join(folder, fmt.Sprintf("%020d.frames", first))
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &segment{first: first, path: path, file: file, size: info.Size(), synced: true}, nil
}

// segmentNumbers are those of the segments in a folder, in order.
func segmentNumbers(folder string) ([]uint64, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, entry := range entries {
		if !segmentName.MatchString(entry.Name()) {
			continue
		}
		if number, err := strconv.ParseUint(entry.Name()[:20], 10, 64); err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (s *segment) isSettled() bool { return s.waiting == 0 && s.sent == 0 }

// recover counts the records, and cuts off what is not whole; it returns how many bytes those are. after is
// the number of the record before this segment. The images of all records are checked, or that of the last.
func (s *segment) recover(after uint64, all bool) (int64, error) {
	var end int64
	var last head
	before := after
	s.last = after
	for {
		h, whole := s.head(end)
		if !whole || h.frame.Sequence <= s.last {
			break
		}
		if all {
			if _, whole := s.image(end, h); !whole {
				break
			}
		}
		before, s.last, last = s.last, h.frame.Sequence, h
		s.count(h, 1)
		end += h.size()
	}
	if end > 0 && !all {
		if _, whole := s.image(end-last.size(), last); !whole {
			end, s.last = end-last.size(), before
			s.count(last, -1)
		}
	}
	cut := s.size - end
	s.size = end
	if cut == 0 {
		return 0, nil
	}
	return cut, s.file.Truncate(end)
}

func (s *segment) count(h head, by int) {
	switch h.state {
	case waiting:
		s.waiting += by
	case sent:
		s.sent += by
	}
}

// head is that of the record at an offset; false if there is none that is whole.
func (s *segment) head(at int64) (head, bool) {
	if at >= s.size {
		return head{}, false
	}
	h, whole := decode(s.read(at, headBytes))
	return h, whole && at+h.size() <= s.size
}

// image of a record; false if the disk lost it.
func (s *segment) image(at int64, h head) ([]byte, bool) {
	image := s.read(at+h.imageAt, h.imageSize)
	return image, int64(len(image)) == h.imageSize && crc32.ChecksumIEEE(image) == h.frame.CRC32
}

// read returns fewer bytes where there are no more, and none where the disk cannot read.
func (s *segment) read(at, size int64) []byte {
	data := make([]byte, min(size, max(0, s.size-at)))
	n, err := s.file.ReadAt(data, at)
	if err != nil && n < len(data) {
		return nil
	}
	return data
}

func (s *segment) mark(at int64, state state) error {
	s.synced = false
	_, err := s.file.WriteAt([]byte{byte(state)}, at+stateOffset)
	return err
}

// append writes a record at the end. An error: it is not there, nor is a part of it.
func (s *segment) append(head, image []byte) error {
	s.synced = false
	_, err := s.file.WriteAt(append(head, image...), s.size)
	if err != nil {
		_ = s.file.Truncate(s.size)
		return err
	}
	s.size += int64(len(head) + len(image))
	return nil
}

func (s *segment) delete() {
	_ = os.Remove(s.path)
	_ = s.file.Close()
}
