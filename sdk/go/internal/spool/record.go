// Package spool keeps the frames of one camera on disk, in the format of docs/spool.md, which all SDKs
// share.
package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf8"

	"framemesh.dev/sdk/go/internal/session"
)

const (
	magic           = "FMR1"
	fixedBytes      = 48
	stateOffset     = 4
	checksumOffset  = 44
	maxHeaderBytes  = 400
	headBytes       = fixedBytes + maxHeaderBytes
	headerLineBytes = 4
)

// A state says what became of a frame. It is overwritten in place, and no checksum covers it.
type state byte

const (
	waiting state = iota
	sent          // or about to be: it may be stored
	settled
	dropped
)

// A head is a record without its image.
type head struct {
	state     state
	frame     session.Frame // without its image
	imageAt   int64         // from the beginning of the record
	imageSize int64
}

func (h head) size() int64 { return h.imageAt + h.imageSize }

func (h head) isSettled() bool { return h.state == settled || h.state == dropped }

// recordSize is that of the record of a frame.
func recordSize(frame session.Frame) int64 {
	size := fixedBytes + len(frame.Image)
	for _, header := range frame.Headers {
		size += headerLineBytes + len(header.Name) + len(header.Value)
	}
	return int64(size)
}

// encode returns the record of a frame without its image.
func encode(frame session.Frame, state state) []byte {
	record := make([]byte, fixedBytes, headBytes)
	copy(record, magic)
	le := binary.LittleEndian
	for _, header := range frame.Headers {
		record = le.AppendUint16(record, uint16(len(header.Name)))
		record = le.AppendUint16(record, uint16(len(header.Value)))
		record = append(append(record, header.Name...), header.Value...)
	}
	le.PutUint16(record[6:], uint16(len(record)-fixedBytes))
	le.PutUint32(record[8:], uint32(len(frame.Image)))
	le.PutUint32(record[12:], uint32(frame.Withheld))
	le.PutUint64(record[16:], frame.Sequence)
	le.PutUint64(record[24:], uint64(frame.Captured))
	le.PutUint64(record[32:], uint64(frame.Sent))
	if frame.Withheld == 0 { // else the checksum is of an image that is not here
		le.PutUint32(record[40:], frame.CRC32)
	}
	le.PutUint32(record[checksumOffset:], checksum(record))
	record[stateOffset] = byte(state)
	return record
}

// checksum of the head at the beginning of data, whatever its state.
func checksum(head []byte) uint32 {
	sum := crc32.ChecksumIEEE(head[:stateOffset])
	sum = crc32.Update(sum, crc32.IEEETable, []byte{0})
	sum = crc32.Update(sum, crc32.IEEETable, head[stateOffset+1:checksumOffset])
	return crc32.Update(sum, crc32.IEEETable, head[fixedBytes:])
}

// decode returns the head of the record at the beginning of data; false if it is not whole.
func decode(data []byte) (head, bool) {
	if len(data) < fixedBytes || !bytes.HasPrefix(data, []byte(magic)) {
		return head{}, false
	}
	le := binary.LittleEndian
	size := int(le.Uint16(data[6:]))
	if size > maxHeaderBytes || len(data) < fixedBytes+size || data[5] != 0 || state(data[4]) > dropped {
		return head{}, false
	}
	data = data[:fixedBytes+size]
	headers, whole := decodeHeaders(data[fixedBytes:])
	if !whole || checksum(data) != le.Uint32(data[checksumOffset:]) {
		return head{}, false
	}
	return head{
		state: state(data[stateOffset]),
		frame: session.Frame{
			Sequence: le.Uint64(data[16:]),
			Captured: int64(le.Uint64(data[24:])),
			Sent:     int64(le.Uint64(data[32:])),
			CRC32:    le.Uint32(data[40:]),
			Withheld: uint64(le.Uint32(data[12:])),
			Headers:  headers,
		},
		imageAt:   int64(fixedBytes + size),
		imageSize: int64(le.Uint32(data[8:])),
	}, true
}

func decodeHeaders(block []byte) ([]session.Header, bool) {
	var headers []session.Header
	for len(block) > 0 {
		if len(block) < headerLineBytes {
			return nil, false
		}
		name := int(binary.LittleEndian.Uint16(block))
		value := int(binary.LittleEndian.Uint16(block[2:]))
		block = block[headerLineBytes:]
		if len(block) < name+value || !utf8.Valid(block[:name]) || !utf8.Valid(block[name:name+value]) {
			return nil, false
		}
		headers = append(headers, session.Header{
			Name: string(block[:name]), Value: string(block[name : name+value]),
		})
		block = block[name+value:]
	}
	return headers, true
}
