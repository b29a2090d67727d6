package session

// A Queue holds the frames that were offered and never sent, oldest first.
type Queue interface {
	// Len is the number of frames that wait.
	Len() int
	// Bytes is the size of their images together.
	Bytes() uint64
	// Next is the number of the oldest frame and the size of its image; false if there is none.
	Next() (sequence uint64, size int, waits bool)
	// Oldest is when the oldest frame was given to be sent; false if there is none.
	Oldest() (given int64, waits bool)
	// HasRoom is whether an image of so many bytes may be put now.
	HasRoom(size int) bool
	// Take removes and returns the oldest frame, which is about to be sent; there must be one. False: it
	// cannot be read any more, and counts as dropped.
	Take() (Frame, bool)
	// Put adds a frame. Where the queue is bounded the oldest ones make room. An error: it is not taken.
	Put(Frame) error
	// Settle tells that ingest answered a frame that was taken.
	Settle(sequence uint64)
	// Withhold keeps no image of more bytes than limit; its frame stays, as withheld.
	Withhold(limit uint64)
	// Dropped is how many frames were removed to make room for newer ones.
	Dropped() uint64
}

// MemoryQueue is a Queue in memory.
type MemoryQueue struct {
	bounds  Credit
	frames  []Frame
	cost    cost
	dropped uint64
}

// NewMemoryQueue returns an empty queue. A frame that is larger than its bounds waits alone.
func NewMemoryQueue(bounds Credit) *MemoryQueue { return &MemoryQueue{bounds: bounds} }

// Len implements Queue.
func (q *MemoryQueue) Len() int { return len(q.frames) }

// Bytes implements Queue.
func (q *MemoryQueue) Bytes() uint64 { return q.cost.bytes }

// Dropped implements Queue.
func (q *MemoryQueue) Dropped() uint64 { return q.dropped }

// HasRoom implements Queue: there is always room, or who puts has asked the credit.
func (q *MemoryQueue) HasRoom(int) bool { return true }

// Next implements Queue.
func (q *MemoryQueue) Next() (uint64, int, bool) {
	if len(q.frames) == 0 {
		return 0, 0, false
	}
	return q.frames[0].Sequence, len(q.frames[0].Image), true
}

// Oldest implements Queue.
func (q *MemoryQueue) Oldest() (int64, bool) {
	if len(q.frames) == 0 {
		return 0, false
	}
	return q.frames[0].Given(), true
}

// Take implements Queue.
func (q *MemoryQueue) Take() (Frame, bool) {
	frame := q.frames[0]
	q.frames[0] = Frame{} // the array keeps no image alive
	q.frames = q.frames[1:]
	q.cost.remove(len(frame.Image))
	return frame, true
}

// Put implements Queue.
func (q *MemoryQueue) Put(frame Frame) error {
	for !q.cost.leavesRoom(q.bounds, len(frame.Image)) {
		q.Take()
		q.dropped++
	}
	q.frames = append(q.frames, frame)
	q.cost.add(len(frame.Image))
	return nil
}

// Settle implements Queue: a frame that was taken is not here any more.
func (q *MemoryQueue) Settle(uint64) {}

// Withhold implements Queue.
func (q *MemoryQueue) Withhold(limit uint64) {
	q.cost = cost{}
	for i, frame := range q.frames {
		q.frames[i] = frame.within(limit)
		q.cost.add(len(q.frames[i].Image))
	}
}
