// Package session decides everything about the frames of one camera, and does no I/O: what is sent when,
// under which number, and what the credit allows. Calls must not overlap.
package session

import "math"

// Counts says how many frames were offered, and what became of them. Filtered are of the rejected: those that
// the camera's own filter dropped.
type Counts struct{ Offered, Accepted, Rejected, Dropped, Pending, Filtered uint64 }

// A Rejection is the answer to a frame that ingest refused.
type Rejection struct {
	Sequence        uint64
	Reason, Message string
}

// A Session is one run of a camera, over as many streams as it takes.
//
// A frame is offered, waits in the queue, is sent on the stream that is open, and is kept until it is
// acknowledged. What a broken stream left unacknowledged is sent again on the next one, in order and under
// the same numbers; ingest knows them and stores none twice. A frame that was sent may be stored, so only
// one that was never sent may be dropped: numbers ascend on every stream, and those of dropped frames are
// left out.
type Session struct {
	ID string
	// Closing: no further frame will be offered.
	Closing bool

	byCredit      bool
	durable       bool // what waits is on disk
	runs          filteredRuns
	queue         Queue
	last          uint64 // number given to a frame
	isOpen        bool
	connectedOnce bool
	credit        Credit
	maxFrameBytes uint64
	perMessage    Credit

	sent     map[uint64]Frame // on this stream or an earlier one, unacknowledged
	order    []uint64         // of what was sent, in the order of the numbers; answered ones leave it late
	resend   []uint64         // numbers in sent that await retransmission on this stream
	inFlight cost             // of what this stream carried
	sentCost cost             // of all in sent

	offered, accepted, rejected, filtered uint64
	acceptedBytes                         uint64
	newRejections                         []Rejection
}

// New returns a session without a stream. By credit, a frame is admitted only while credit is left, which
// bounds all frames together; else the queue is bounded, and says what is admitted.
func New(id string, queue Queue, byCredit bool) *Session {
	return &Session{
		ID: id, queue: queue, byCredit: byCredit, maxFrameBytes: math.MaxUint64, perMessage: OneFrame,
		sent: map[uint64]Frame{},
	}
}

// Resume goes on with what an earlier run left in the queue; next is the number of the next frame.
func (s *Session) Resume(next uint64) {
	s.durable = true
	s.last = next - 1
	s.offered = uint64(s.queue.Len())
}

// Counts returns offered = accepted + rejected + dropped + pending.
func (s *Session) Counts() Counts {
	dropped := s.queue.Dropped() + s.runs.dropped
	pending := s.offered - s.accepted - s.rejected - dropped
	return Counts{s.offered, s.accepted, s.rejected, dropped, pending, s.filtered}
}

// Unacknowledged is how many frames have no answer, sent or not.
func (s *Session) Unacknowledged() int { return len(s.sent) + len(s.runs.runs) + s.queue.Len() }

// AllSent is whether nothing waits for the stream.
func (s *Session) AllSent() bool {
	return len(s.resend) == 0 && len(s.runs.runs) == 0 && s.queue.Len() == 0
}

// AcceptedBytes is the size of the images that ingest accepted.
func (s *Session) AcceptedBytes() uint64 { return s.acceptedBytes }

// NeverSent is how many frames were never given to a stream, and the size of their images; of a spool on disk
// that of its files.
func (s *Session) NeverSent() (frames int, bytes uint64) { return s.queue.Len(), s.queue.Bytes() }

// Oldest is when the oldest frame without an answer was given to be sent, in nanoseconds since the Unix epoch;
// false if there is none.
func (s *Session) Oldest() (int64, bool) {
	for _, number := range s.order {
		if frame, unacknowledged := s.sent[number]; unacknowledged {
			return frame.Given(), true
		}
	}
	return s.queue.Oldest()
}

// IsOpen is whether there is a stream to send on.
func (s *Session) IsOpen() bool { return s.isOpen }

// ConnectedOnce is whether a stream was ever open, so that a credit is known.
func (s *Session) ConnectedOnce() bool { return s.connectedOnce }

// Opened tells of a stream with a credit of its own, and of what ingest takes in one message; what is
// unacknowledged goes on it again.
func (s *Session) Opened(credit Credit, maxFrameBytes uint64, perMessage Credit) {
	s.isOpen, s.connectedOnce = true, true
	s.credit, s.maxFrameBytes, s.perMessage = credit, maxFrameBytes, perMessage
	s.queue.Withhold(maxFrameBytes)
	s.sentCost, s.inFlight = cost{}, cost{}
	s.tidy()
	for _, number := range s.order {
		s.sent[number] = s.sent[number].within(maxFrameBytes)
		s.sentCost.add(len(s.sent[number].Image))
	}
	s.resend = append([]uint64(nil), s.order...)
}

// Broken tells that the stream ended. Frames may still be offered, up to the credit that it had.
func (s *Session) Broken() { s.isOpen = false }

// Admits is whether a frame with an image of so many bytes may be offered now.
func (s *Session) Admits(size int) bool {
	size = s.kept(size)
	if !s.byCredit {
		return s.queue.HasRoom(size)
	}
	if !s.connectedOnce {
		return false
	}
	waiting := cost{s.queue.Len(), s.queue.Bytes()}
	return s.sentCost.plus(waiting).leavesRoom(s.credit, size)
}

// kept is how many bytes of an image of so many are kept.
func (s *Session) kept(size int) int {
	if uint64(size) > s.maxFrameBytes {
		return 0
	}
	return size
}

// Offer takes a frame that Admits let in, under the next number, which it returns. An error: it is not
// taken, and its number is not given to another.
func (s *Session) Offer(offer Offer) (uint64, error) {
	s.runs.close(s.last)
	s.last++
	if err := s.queue.Put(newFrame(s.last, offer).within(s.maxFrameBytes)); err != nil {
		return 0, err
	}
	s.offered++
	return s.last, nil
}

// CanSend is whether NextToSend returns frames now.
func (s *Session) CanSend() bool {
	size := s.nextSize()
	return s.isOpen && size >= 0 && s.inFlight.leavesRoom(s.credit, size)
}

// nextSize is the size of the next frame's image; -1: there is none.
func (s *Session) nextSize() int {
	if len(s.resend) > 0 {
		return len(s.sent[s.resend[0]].Image)
	}
	if s.runIsNext() {
		return 0
	}
	_, size, waits := s.queue.Next()
	if !waits {
		return -1
	}
	return s.kept(size)
}

// runIsNext is whether frames that were filtered have the lowest numbers of those that were never sent.
func (s *Session) runIsNext() bool {
	if len(s.runs.runs) == 0 {
		return false
	}
	sequence, _, waits := s.queue.Next()
	return !waits || s.runs.runs[0].Sequence < sequence
}

// NextToSend takes the next frames for one message of the open stream; none if there are none, or no
// credit for them.
func (s *Session) NextToSend() []Frame {
	var message []Frame
	var cost cost
	for s.CanSend() && cost.leavesRoom(s.perMessage, s.nextSize()) {
		frame, readable := s.take()
		if !readable {
			continue
		}
		s.inFlight.add(len(frame.Image))
		cost.add(len(frame.Image))
		message = append(message, frame)
	}
	return message
}

func (s *Session) take() (Frame, bool) {
	if len(s.resend) > 0 {
		frame := s.sent[s.resend[0]]
		s.resend = s.resend[1:]
		return frame, true
	}
	if s.runIsNext() {
		return s.keep(s.runs.take()), true
	}
	frame, readable := s.queue.Take()
	if !readable {
		return Frame{}, false
	}
	return s.keep(frame.within(s.maxFrameBytes)), true
}

// keep a frame that is about to be sent until it is acknowledged.
func (s *Session) keep(frame Frame) Frame {
	s.sent[frame.Sequence] = frame
	s.order = append(s.order, frame.Sequence)
	s.sentCost.add(len(frame.Image))
	return frame
}

// Acknowledged tells what ingest answered to frames of this stream. A second answer to a frame, and one to
// a frame that was not sent, are ignored.
func (s *Session) Acknowledged(accepted []uint64, rejected []Rejection) {
	for _, number := range accepted {
		if frame, settled := s.settle(number); settled {
			s.accepted++
			s.acceptedBytes += uint64(len(frame.Image))
		}
	}
	for _, one := range rejected {
		frame, settled := s.settle(one.Sequence)
		switch {
		case settled && frame.Filtered > 0:
			s.rejected += frame.Filtered
			s.filtered += frame.Filtered
		case settled:
			s.rejected++
			s.newRejections = append(s.newRejections, one)
		}
	}
	if len(s.order) > 2*len(s.sent)+64 {
		s.tidy()
	}
}

// TakeRejected returns the rejections since the last call.
func (s *Session) TakeRejected() []Rejection {
	taken := s.newRejections
	s.newRejections = nil
	return taken
}

func (s *Session) settle(number uint64) (Frame, bool) {
	frame, known := s.sent[number]
	if !known || len(s.resend) > 0 && number >= s.resend[0] {
		return Frame{}, false
	}
	delete(s.sent, number)
	if frame.Filtered == 0 {
		s.queue.Settle(number)
	}
	s.sentCost.remove(len(frame.Image))
	s.inFlight.remove(len(frame.Image))
	return frame, true
}

// tidy leaves in order only what is unacknowledged.
func (s *Session) tidy() {
	kept := s.order[:0]
	for _, number := range s.order {
		if _, unacknowledged := s.sent[number]; unacknowledged {
			kept = append(kept, number)
		}
	}
	s.order = kept
}
