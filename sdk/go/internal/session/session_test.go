package session

import (
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

var plenty = Credit{Frames: 100, Bytes: 1_000_000}

func opened(t *testing.T, credit Credit, largest uint64) *Session {
	t.Helper()
	s := New("s1", NewMemoryQueue(Unlimited), true)
	s.Opened(credit, largest, OneFrame)
	return s
}

func spooling(frames uint32, bytes uint64) *Session {
	return New("s1", NewMemoryQueue(Credit{frames, bytes}), false)
}

func offer(s *Session, images ...string) {
	for _, image := range images {
		if _, err := s.Offer(Offer{Image: []byte(image), Captured: 7}); err != nil {
			panic(err)
		}
	}
}

// sent are the numbers of all frames that may be sent now.
func sent(s *Session) []uint64 {
	var numbers []uint64
	for {
		message := s.NextToSend()
		if len(message) == 0 {
			return numbers
		}
		for _, frame := range message {
			numbers = append(numbers, frame.Sequence)
		}
	}
}

func expect[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNothingIsAdmittedBeforeIngestGaveCredit(t *testing.T) {
	expect(t, New("s1", NewMemoryQueue(Unlimited), true).Admits(1), false)
}

func TestFramesAreNumberedFromOneAndSentOnce(t *testing.T) {
	s := opened(t, plenty, 1000)
	offer(s, "a", "b")
	expect(t, sent(s), []uint64{1, 2})
	expect(t, sent(s), nil)
}

func TestFramesAreAdmittedUpToTheCredit(t *testing.T) {
	s := opened(t, Credit{Frames: 2, Bytes: 10}, 1000)
	offer(s, "123456")
	expect(t, s.Admits(4), true)
	expect(t, s.Admits(5), false)
	offer(s, "1")
	expect(t, s.Admits(0), false)
	sent(s)
	s.Acknowledged([]uint64{1}, nil)
	expect(t, s.Admits(9), true)
}

func TestAFrameLargerThanAllTheCreditGoesAlone(t *testing.T) {
	s := opened(t, Credit{Frames: 10, Bytes: 10}, 1000)
	expect(t, s.Admits(500), true)
	offer(s, string(make([]byte, 500)))
	expect(t, s.Admits(1), false)
	expect(t, sent(s), []uint64{1})
}

func TestAnImageOverTheLimitIsWithheldAndCostsNoBytes(t *testing.T) {
	s := opened(t, Credit{Frames: 2, Bytes: 1000}, 1000)
	offer(s, string(make([]byte, 1001)))
	frame := s.NextToSend()[0]
	expect(t, frame.Image, nil)
	expect(t, frame.Withheld, 1001)
	expect(t, s.Admits(1000), true)
}

func TestAMessageHasAsManyFramesAsIngestTakesInOne(t *testing.T) {
	s := New("s1", NewMemoryQueue(Unlimited), true)
	s.Opened(Credit{Frames: 6, Bytes: 1000}, 1000, Credit{Frames: 3, Bytes: 10})
	offer(s, "a", "b", "c", "d", "eeeeeeee", "ff", "g")
	var messages [][]uint64
	for message := s.NextToSend(); len(message) > 0; message = s.NextToSend() {
		var numbers []uint64
		for _, frame := range message {
			numbers = append(numbers, frame.Sequence)
		}
		messages = append(messages, numbers)
	}
	// Three frames, ten bytes, and in all the six that may be unacknowledged.
	expect(t, messages, [][]uint64{{1, 2, 3}, {4, 5}, {6}})
}

func TestAFrameThatIsLargerThanAMessageGoesAlone(t *testing.T) {
	s := New("s1", NewMemoryQueue(Unlimited), true)
	s.Opened(plenty, 1000, Credit{Frames: 3, Bytes: 10})
	offer(s, "aaaaaaaaaaaaaaaaaaaa", "b")
	expect(t, len(s.NextToSend()), 1)
	expect(t, len(s.NextToSend()), 1)
}

func TestTheNextStreamGetsEverythingUnansweredInOrder(t *testing.T) {
	s := opened(t, plenty, 1000)
	offer(s, "a", "b", "c")
	sent(s)
	s.Acknowledged([]uint64{2}, nil)
	s.Broken()
	offer(s, "d")
	expect(t, sent(s), nil)
	s.Opened(plenty, 1000, OneFrame)
	expect(t, sent(s), []uint64{1, 3, 4})
}

func TestAnAnswerCountsOnceAndOnlyForWhatWasSent(t *testing.T) {
	s := opened(t, Credit{Frames: 2, Bytes: 1000}, 1000)
	offer(s, "a", "b")
	s.Acknowledged([]uint64{1, 99}, nil)
	expect(t, s.Counts().Pending, 2)
	sent(s)
	s.Acknowledged([]uint64{1, 1}, []Rejection{{Sequence: 1, Reason: "empty"}})
	expect(t, s.Counts(), Counts{Offered: 2, Accepted: 1, Pending: 1})
	s.Acknowledged(nil, []Rejection{{Sequence: 2, Reason: "empty"}})
	expect(t, s.TakeRejected(), []Rejection{{Sequence: 2, Reason: "empty"}})
	expect(t, s.TakeRejected(), nil)
}

func TestTheOldestFramesThatWereNeverSentMakeRoom(t *testing.T) {
	s := spooling(2, 10)
	s.Opened(Credit{Frames: 1, Bytes: 1000}, 1000, OneFrame)
	offer(s, "a")
	expect(t, sent(s), []uint64{1})
	s.Broken()
	offer(s, "b", "c", "d", "123456789")
	s.Opened(plenty, 1000, OneFrame)
	expect(t, sent(s), []uint64{1, 4, 5})
	expect(t, s.Counts(), Counts{Offered: 5, Dropped: 2, Pending: 3})
}

func TestFilteredFramesAreToldAsRuns(t *testing.T) {
	s := opened(t, plenty, 1000)
	s.Filtered(2)
	s.Filtered(1)
	expect(t, s.CanSend(), false) // the run may grow
	offer(s, "a")
	s.Filtered(MaxFiltered)
	s.Filtered(5)
	s.EndFiltered()
	for _, want := range []Frame{
		{Sequence: 3, Filtered: 3}, newFrame(4, Offer{Image: []byte("a"), Captured: 7}),
		{Sequence: 4 + MaxFiltered, Filtered: MaxFiltered}, {Sequence: 9 + MaxFiltered, Filtered: 5},
	} {
		expect(t, s.NextToSend(), []Frame{want})
	}
	s.Acknowledged([]uint64{4}, []Rejection{{Sequence: 3, Reason: "filtered"}})
	expect(t, s.TakeRejected(), nil)
	expect(t, s.Counts(), Counts{
		Offered: MaxFiltered + 9, Accepted: 1, Rejected: 3, Filtered: 3, Pending: MaxFiltered + 5,
	})
}

func TestRunsThatNobodyHearsOfAreBounded(t *testing.T) {
	s := spooling(1, 10)
	for range maxRuns + 10 {
		s.Filtered(1)
		offer(s, "a")
	}
	expect(t, len(s.runs.runs), maxRuns)
	counts := s.Counts()
	expect(t, counts.Offered, counts.Dropped+counts.Pending)
}

// TestWhateverHappens does what may happen in any order, and holds the session against a model: the credit
// is kept to, the counts balance, and the order is kept.
func TestWhateverHappens(t *testing.T) {
	for seed := range uint64(300) {
		m := newModel(rand.New(rand.NewPCG(seed, 12)))
		for range 60 {
			m.step()
			if trouble := m.trouble(); trouble != "" {
				t.Fatalf("seed %d: %s", seed, trouble)
			}
		}
	}
}

type model struct {
	random     *rand.Rand
	s          *Session
	bounds     *Credit
	credit     Credit
	perMessage Credit
	largest    uint64
	sizes      map[uint64]int
	kept       map[uint64]int // bytes of the image that are kept
	waiting    []uint64
	sentOnce   map[uint64]bool // and unanswered
	under      []uint64        // way on this stream
	again      []uint64
	answered   uint64
	wrong      string
}

func newModel(random *rand.Rand) *model {
	m := &model{random: random, sizes: map[uint64]int{}, kept: map[uint64]int{}, sentOnce: map[uint64]bool{}, largest: 1 << 40}
	if random.IntN(2) == 0 {
		bounds := m.anyCredit()
		m.bounds = &bounds
		m.s = New("s1", NewMemoryQueue(bounds), false)
	} else {
		m.s = New("s1", NewMemoryQueue(Unlimited), true)
	}
	return m
}

func (m *model) anyCredit() Credit {
	return Credit{Frames: uint32(1 + m.random.IntN(5)), Bytes: uint64(1 + m.random.IntN(100))}
}

func (m *model) step() {
	switch m.random.IntN(6) {
	case 0:
		if m.s.IsOpen() {
			m.s.Broken()
		} else {
			m.open()
		}
	case 1, 2:
		m.offer(m.random.IntN(61))
	case 3, 4:
		m.send()
	case 5:
		m.answer()
	}
}

func (m *model) open() {
	m.credit, m.largest = m.anyCredit(), uint64(m.random.IntN(61))
	m.perMessage = m.anyCredit()
	m.s.Opened(m.credit, m.largest, m.perMessage)
	for number, size := range m.kept {
		m.kept[number] = m.keeps(size)
	}
	m.under = nil
	m.again = nil
	for number := range m.sentOnce {
		m.again = append(m.again, number)
	}
	slices.Sort(m.again)
}

// keeps is how many bytes of an image of so many are kept.
func (m *model) keeps(size int) int {
	if uint64(size) > m.largest {
		return 0
	}
	return size
}

func (m *model) offer(size int) {
	if !m.s.Admits(size) {
		if m.bounds != nil {
			m.wrong = "a camera that drops has to wait"
		}
		return
	}
	before := m.s.Counts().Dropped
	number, _ := m.s.Offer(Offer{Image: make([]byte, size)})
	m.waiting = append(m.waiting[m.s.Counts().Dropped-before:], number)
	m.sizes[number], m.kept[number] = size, m.keeps(size)
}

func (m *model) send() {
	message := m.s.NextToSend()
	if len(message) == 0 {
		if m.s.IsOpen() && len(m.under) == 0 && len(m.again)+len(m.waiting) > 0 {
			m.wrong = "an idle stream does not send what waits"
		}
		return
	}
	var inAll cost
	for _, frame := range message {
		if !inAll.leavesRoom(m.perMessage, len(frame.Image)) {
			m.wrong = "a message is larger than ingest takes"
		}
		inAll.add(len(frame.Image))
		m.isSent(frame)
	}
}

func (m *model) isSent(frame Frame) {
	expected := &m.waiting
	if len(m.again) > 0 {
		expected = &m.again
	}
	if (*expected)[0] != frame.Sequence {
		m.wrong = "out of order"
	}
	*expected = (*expected)[1:]
	if uint64(len(frame.Image)) > m.largest {
		m.wrong = "larger than the limit"
	}
	if frame.CRC32 != crc32.ChecksumIEEE(make([]byte, m.sizes[frame.Sequence])) {
		m.wrong = "the checksum of another image"
	}
	m.under = append(m.under, frame.Sequence)
	m.sentOnce[frame.Sequence] = true
	under := 0
	for _, number := range m.under {
		under += m.kept[number]
	}
	if len(m.under) > 1 && (len(m.under) > int(m.credit.Frames) || under > int(m.credit.Bytes)) {
		m.wrong = "over the credit"
	}
}

func (m *model) answer() {
	if !m.s.IsOpen() || len(m.under) == 0 {
		return
	}
	at := m.random.IntN(len(m.under))
	number := m.under[at]
	m.under = slices.Delete(m.under, at, at+1)
	delete(m.sentOnce, number)
	m.answered++
	if m.random.IntN(2) == 0 {
		m.s.Acknowledged([]uint64{number}, nil)
	} else {
		m.s.Acknowledged(nil, []Rejection{{Sequence: number, Reason: "empty"}})
	}
}

func (m *model) trouble() string {
	counts := m.s.Counts()
	switch {
	case m.wrong != "":
		return m.wrong
	case counts.Offered != counts.Accepted+counts.Rejected+counts.Dropped+counts.Pending:
		return "the counts do not balance"
	case counts.Accepted+counts.Rejected != m.answered:
		return "an answer is not counted"
	case int(counts.Pending) != len(m.waiting)+len(m.sentOnce):
		return "a frame is gone"
	case m.bounds != nil && len(m.waiting) > max(1, int(m.bounds.Frames)):
		return "more waits than the bounds allow"
	case m.s.IsOpen() && counts.Pending == 0 && !m.s.Admits(1_000_000):
		return "an idle camera is not admitted"
	}
	return ""
}
