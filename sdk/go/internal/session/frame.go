package session

import "hash/crc32"

// A Header is passed on with a frame.
type Header struct{ Name, Value string }

// A Frame is kept until ingest answers.
type Frame struct {
	// Sequence is 1-based in its session.
	Sequence uint64
	// Captured is when it was captured, in nanoseconds since the Unix epoch, by the camera's clock.
	Captured int64
	// Sent is when it was given to be sent, by the same clock; 0: as it was captured.
	Sent int64
	// Image is encoded; empty if it is withheld.
	Image []byte
	// CRC32 of the image, as zlib computes it; compared by the worker.
	CRC32 uint32
	// Withheld is the size of an image that is larger than ingest takes, and so is not sent; else 0.
	Withheld uint64
	// Filtered are frames in a row, up to this one, that the camera's own filter dropped: they are told with
	// this one, which has no image.
	Filtered uint64
	// Headers are in the order of their names.
	Headers []Header
}

func newFrame(sequence uint64, offer Offer) Frame {
	return Frame{
		Sequence: sequence,
		Captured: offer.Captured,
		Sent:     offer.Sent,
		Image:    offer.Image,
		CRC32:    crc32.ChecksumIEEE(offer.Image),
		Headers:  offer.Headers,
	}
}

// Given is when it was given to be sent, in nanoseconds since the Unix epoch, by the camera's clock.
func (f Frame) Given() int64 {
	if f.Sent != 0 {
		return f.Sent
	}
	return f.Captured
}

// within is this frame, without its image if that has more bytes than limit.
func (f Frame) within(limit uint64) Frame {
	if uint64(len(f.Image)) <= limit {
		return f
	}
	f.Withheld, f.Image = uint64(len(f.Image)), nil
	return f
}

// An Offer is a frame that has no number yet.
type Offer struct {
	Image          []byte
	Captured, Sent int64
	Headers        []Header
}
