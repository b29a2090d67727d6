package spool

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"framemesh.dev/sdk/go/internal/session"
)

const (
	boot = "3e2c1f60-8f0e-4a58-9d0a-b1f2c3d4e5f6"
	// documented is the record of docs/spool.md.
	documented = "464d523101000900040000000000000007000000000000" + "0015cd853dfe9c971715ae7b43fe9c9717672af010" +
		"0c17b725040001006c616e6533ffd8ffd9"
)

var documentedFrame = session.Frame{
	Sequence: 7, Captured: 1700000000123456789, Sent: 1700000000223456789,
	Image: []byte{0xff, 0xd8, 0xff, 0xd9}, CRC32: crc32.ChecksumIEEE([]byte{0xff, 0xd8, 0xff, 0xd9}),
	Headers: []session.Header{{Name: "lane", Value: "3"}},
}

func expect[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func frame(sequence uint64, size int) session.Frame {
	image := bytes.Repeat([]byte{byte(sequence)}, size)
	return session.Frame{Sequence: sequence, Captured: 7, Image: image, CRC32: crc32.ChecksumIEEE(image)}
}

func options(root string) Options {
	return Options{
		Root: root, Pipeline: "street", Camera: "door", MaxBytes: 1 << 20,
		Now: func() int64 { return time.Now().UnixNano() },
	}
}

func opened(t *testing.T, o Options, boot string) *Folder {
	t.Helper()
	f, err := open(o, boot)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f *Folder, frames ...session.Frame) {
	t.Helper()
	for _, one := range frames {
		if err := f.Put(one); err != nil {
			t.Fatal(err)
		}
	}
}

// takeAll are the numbers of all frames that are left.
func takeAll(f *Folder) []uint64 {
	var numbers []uint64
	for f.Len() > 0 {
		if one, found := f.Take(); found {
			numbers = append(numbers, one.Sequence)
		}
	}
	return numbers
}

func TestTheRecordOfTheDocument(t *testing.T) {
	record := append(encode(documentedFrame, sent), documentedFrame.Image...)
	expect(t, hex.EncodeToString(record), documented)
	h, whole := decode(record)
	expect(t, whole, true)
	without := documentedFrame
	without.Image = nil
	expect(t, h.frame, without)
	expect(t, h.state, sent)
	expect(t, h.size(), int64(len(record)))
	expect(t, recordSize(documentedFrame), int64(len(record)))
}

func TestARecordWithABitFlippedIsNotWhole(t *testing.T) {
	record := encode(documentedFrame, sent)
	for at := range record {
		for bit := range 8 {
			broken := bytes.Clone(record)
			broken[at] ^= 1 << bit
			if _, whole := decode(broken); whole && (at != stateOffset || broken[at] > byte(dropped)) {
				t.Errorf("byte %d, bit %d", at, bit)
			}
		}
		if _, whole := decode(record[:at]); whole {
			t.Errorf("cut at %d", at)
		}
	}
}

func TestFramesThatWereNotSettledComeAgainUnderTheirIDs(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	put(t, f, frame(1, 10), frame(2, 10), frame(3, 10))
	first := f.Session
	expect(t, f.Len(), 3)
	for range 2 {
		if _, found := f.Take(); !found {
			t.Fatal("nothing to take")
		}
	}
	f.Settle(1)
	f.Close()
	f = opened(t, o, boot)
	defer f.Close()
	expect(t, f.Session, first)
	expect(t, f.Begin, 4)
	got, _ := f.Take()
	expect(t, got, frame(2, 10))
	expect(t, takeAll(f), []uint64{3})
}

func TestOnlyOneHasASpool(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	_, err := open(o, boot)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("got %v", err)
	}
	f.Close()
	opened(t, o, boot).Close()
}

func TestAfterAnotherStartOfTheMachineNumbersGoOnBehindWhatWasReserved(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	put(t, f, frame(1, 10))
	f.Close()
	f = opened(t, o, "another")
	expect(t, f.Begin, reservedAtOnce+1)
	put(t, f, frame(reservedAtOnce+1, 10))
	f.Close()
	f = opened(t, o, "another")
	defer f.Close()
	expect(t, f.Begin, reservedAtOnce+2)
	expect(t, takeAll(f), []uint64{1, reservedAtOnce + 1})
}

func TestNumbersAreReservedBeforeTheyAreUsed(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	defer f.Close()
	put(t, f, frame(reservedAtOnce+1, 10))
	found, _, err := readSession(f.Path)
	expect(t, err, nil)
	if found.reserved <= reservedAtOnce {
		t.Errorf("only %d are reserved", found.reserved)
	}
}

func TestASessionThatCannotBeReadChangesNothing(t *testing.T) {
	for text, line := range map[string]string{
		"framemesh-spool 2\nsession a\nreserved 1\nboot -\n": "is of version 2",
		"framemesh-spool 1\nsession a b\nreserved 1\n":       "damaged",
		"framemesh-spool 1\nsession a\nreserved -1\n":        "damaged",
		"session a\nreserved 1\n":                            "damaged",
		"":                                                   "damaged",
	} {
		o := options(t.TempDir())
		f := opened(t, o, boot)
		f.Close()
		path := filepath.Join(f.Path, sessionName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := open(o, boot)
		if err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: got %v", text, err)
		}
		left, _ := os.ReadFile(path)
		expect(t, string(left), text)
	}
	_, err := parseSession("framemesh-spool 1\nnew line\nsession a\nreserved 1\nboot b\n")
	expect(t, err, nil)
}

// TestASegmentIsCutAtEveryByte: all records before the cut are there, and the next number is free.
func TestASegmentIsCutAtEveryByte(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	put(t, f, frame(1, 30), frame(2, 0), documentedFrame)
	path := f.log.lastSegment().path
	f.Close()
	whole, err := os.ReadFile(path)
	expect(t, err, nil)
	ends := []int64{recordSize(frame(1, 30)), recordSize(frame(2, 0)), recordSize(documentedFrame)}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		f := opened(t, o, boot)
		kept, end := 0, int64(0)
		for kept < len(ends) && end+ends[kept] <= int64(cut) {
			end += ends[kept]
			kept++
		}
		expect(t, f.Len(), kept)
		expect(t, f.Cut, int64(cut)-end)
		put(t, f, frame(9, 5))
		expect(t, takeAll(f)[kept], 9)
		f.Close()
	}
}

func TestTheBoundInBytesIsKept(t *testing.T) {
	for _, drops := range []bool{false, true} {
		o := options(t.TempDir())
		o.Drops = drops
		f := opened(t, o, boot)
		taken := uint64(0)
		for sequence := uint64(1); sequence <= 60 && f.HasRoom(50_000); sequence++ {
			put(t, f, frame(sequence, 50_000))
			taken++
			if used := onDisk(t, f.Path); used > o.MaxBytes {
				t.Fatalf("%d bytes", used)
			}
		}
		if drops {
			expect(t, taken, 60)
			expect(t, uint64(f.Len())+f.Dropped(), 60)
			numbers := takeAll(f)
			expect(t, numbers[len(numbers)-1], 60)
		} else {
			expect(t, taken, 20)
			expect(t, f.Dropped(), 0)
		}
		f.Close()
	}
}

func onDisk(t *testing.T, path string) int64 {
	t.Helper()
	entries, err := os.ReadDir(path)
	expect(t, err, nil)
	var used int64
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && segmentName.MatchString(entry.Name()) {
			used += info.Size()
		}
	}
	return used
}

func TestWhatWasSentIsNotDropped(t *testing.T) {
	o := options(t.TempDir())
	o.Drops = true
	f := opened(t, o, boot)
	defer f.Close()
	for sequence := uint64(1); sequence <= 20; sequence++ {
		put(t, f, frame(sequence, 50_000))
	}
	takeAll(f)
	put(t, f, frame(21, 100_000))
	expect(t, f.Dropped(), 1) // nothing else may go
	f.Settle(1)
	put(t, f, frame(22, 40_000))
	expect(t, takeAll(f), []uint64{22})
}

func TestSettledSegmentsAreDeletedAndTheirNumbersAreNotUsedAgain(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	for sequence := uint64(1); sequence <= 10; sequence++ {
		put(t, f, frame(sequence, 50_000))
	}
	for _, number := range takeAll(f) {
		f.Settle(number)
	}
	if used := onDisk(t, f.Path); used > 70_000 {
		t.Errorf("%d bytes are left", used)
	}
	f.Close()
	f = opened(t, o, boot)
	defer f.Close()
	expect(t, f.Begin, 11)
	expect(t, f.Len(), 0)
}

func TestAnImageThatTheDiskLostIsDroppedAndCounted(t *testing.T) {
	o := options(t.TempDir())
	f := opened(t, o, boot)
	put(t, f, frame(1, 1000), frame(2, 1000))
	path := f.log.lastSegment().path
	data, _ := os.ReadFile(path)
	data[100] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, takeAll(f), []uint64{2})
	expect(t, f.Dropped(), 1)
	f.Close()
}

func TestOldFramesAreDroppedButNotThoseThatWereSent(t *testing.T) {
	now := time.Now()
	o := options(t.TempDir())
	f := opened(t, o, boot)
	for sequence, age := range []time.Duration{time.Hour, time.Hour, 0} {
		one := frame(uint64(sequence+1), 10)
		one.Captured = now.Add(-age).UnixNano()
		put(t, f, one)
	}
	if _, found := f.Take(); !found {
		t.Fatal("nothing to take")
	}
	f.Close()
	o.MaxAge = time.Minute
	f = opened(t, o, boot)
	defer f.Close()
	expect(t, takeAll(f), []uint64{1, 3})
	expect(t, f.Dropped(), 1)
}

func TestAgesDoNotFollowTheClock(t *testing.T) {
	start := time.Now()
	a := &ages{maxAge: time.Minute, openedUnix: 1000, opened: start}
	expect(t, a.isOver(1, 5000, start.Add(59*time.Second)), false) // from the future: as if now
	expect(t, a.isOver(1, 5000, start.Add(61*time.Second)), true)
	for i := range 1000 {
		a.taken(uint64(10+i), start.Add(time.Duration(i)*time.Second))
	}
	now := start.Add(999 * time.Second)
	expect(t, a.isOver(10+999-59, 0, now), false)
	expect(t, a.isOver(10+999-62, 0, now), true)
	if len(a.times) > 3*ageSteps {
		t.Errorf("%d times are kept", len(a.times))
	}
}

// TestWhateverHappens does what may happen in any order, with kills between, and holds the spool against a
// model.
func TestWhateverHappens(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { live(t, rand.New(rand.NewPCG(seed, 50))) })
	}
}

func live(t *testing.T, random *rand.Rand) {
	o := options(t.TempDir())
	o.Drops = random.IntN(2) == 0
	f := opened(t, o, boot)
	var left, taken []uint64 // unsettled and not taken; taken and unsettled
	next := f.Begin
	for range 150 {
		switch random.IntN(8) {
		case 0: // killed: whatever was written is there
			f.log.close()
			_ = f.lock.Close()
			f = opened(t, o, boot)
			left, taken = append(taken, left...), nil
			expect(t, f.Begin, next)
		case 1, 2, 3, 4:
			size := random.IntN(90_000)
			if !f.HasRoom(size) {
				continue
			}
			before := f.Dropped()
			put(t, f, frame(next, size))
			wanted := append(left, next)
			next++
			left = unread(f) // whole segments are dropped
			expect(t, len(wanted)-len(left), int(f.Dropped()-before))
			for _, number := range left {
				if !slices.Contains(wanted, number) {
					t.Fatalf("%d is there again", number)
				}
			}
		case 5, 6:
			if one, found := f.Take(); found {
				expect(t, one.Sequence, left[0])
				left, taken = left[1:], append(taken, one.Sequence)
			}
		case 7:
			for len(taken) > 0 && random.IntN(3) > 0 {
				f.Settle(taken[0])
				taken = taken[1:]
			}
		}
		expect(t, f.Len(), len(left))
		if used := onDisk(t, f.Path); used > o.MaxBytes || used != f.log.used {
			t.Fatalf("%d bytes, %d known", used, f.log.used)
		}
	}
	expect(t, takeAll(f), left)
	f.Close()
}

// unread are the numbers of all frames that were not taken, in order.
func unread(f *Folder) []uint64 {
	var numbers []uint64
	for _, s := range f.log.segments {
		for at := int64(0); ; {
			h, whole := s.head(at)
			if !whole {
				break
			}
			if !h.isSettled() && !f.log.isRead(h) {
				numbers = append(numbers, h.frame.Sequence)
			}
			at += h.size()
		}
	}
	return numbers
}

// FuzzSegment: whatever is in the file, opening ends, cuts, and goes on with a free number.
func FuzzSegment(f *testing.F) {
	record, _ := hex.DecodeString(documented)
	f.Add(record)
	f.Add(append(bytes.Clone(record), record...))
	f.Add(record[:50])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := options(t.TempDir())
		folder := opened(t, o, boot)
		path := folder.log.lastSegment().path
		folder.Close()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		folder = opened(t, o, boot)
		defer folder.Close()
		if folder.Begin == 0 {
			return // the last record had the last number of all
		}
		numbers := takeAll(folder)
		for _, number := range numbers {
			if number >= folder.Begin {
				t.Errorf("%d is there, and %d is next", number, folder.Begin)
			}
		}
		put(t, folder, frame(folder.Begin, 3))
		expect(t, takeAll(folder), []uint64{folder.Begin})
	})
}

// FuzzSession: a text is a session or an error.
func FuzzSession(f *testing.F) {
	f.Add("framemesh-spool 1\nsession a\nreserved 4096\nboot -\n")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := parseSession(text)
		if err == nil && !sessionID.MatchString(found.session) {
			t.Errorf("%+v", found)
		}
	})
}
