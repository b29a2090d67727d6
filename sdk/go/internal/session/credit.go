package session

import "math"

// Credit is how much may be unacknowledged, or may wait.
type Credit struct {
	Frames uint32
	Bytes  uint64
}

// OneFrame is the credit of a message of one frame.
var OneFrame = Credit{Frames: 1}

// Unlimited is the credit of what something else bounds.
var Unlimited = Credit{Frames: math.MaxUint32, Bytes: math.MaxUint64}

// cost is what a number of frames take of a credit.
type cost struct {
	frames int
	bytes  uint64
}

func (c *cost) add(size int)    { c.frames++; c.bytes += uint64(size) }
func (c *cost) remove(size int) { c.frames--; c.bytes -= uint64(size) }

func (c cost) plus(other cost) cost {
	return cost{c.frames + other.frames, c.bytes + other.bytes}
}

// leavesRoom is whether a frame of so many bytes may be added. A single frame always may, whatever its
// size: a credit that is smaller than a frame would stop the camera for ever.
func (c cost) leavesRoom(credit Credit, size int) bool {
	if c.frames == 0 {
		return true
	}
	return c.frames < int(credit.Frames) && c.bytes+uint64(size) <= credit.Bytes
}
