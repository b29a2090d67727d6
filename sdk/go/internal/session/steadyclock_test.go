package session

import (
	"testing"
	"time"
)

const second = int64(time.Second)

// hand is a clock that a test sets.
type hand struct{ running, set int64 }

func (h *hand) clock() *SteadyClock {
	return NewSteadyClock(func() int64 { return h.running + h.set }, func() int64 { return h.running })
}

func TestAStepMovesNoTimeAndIsToldOnce(t *testing.T) {
	for _, step := range []int64{-5 * second, 40 * 365 * 86400 * second} {
		h := &hand{running: 100 * second, set: 1000 * second}
		c := h.clock()
		h.running += second
		expect(t, c.Now(), 1101*second)
		h.set += step
		h.running += second
		expect(t, c.Now(), 1102*second)
		expect(t, c.Reading(7), Reading{UnixNano: 1102 * second, Query: 7, Stepped: step})
		expect(t, c.Reading(8), Reading{UnixNano: 1102 * second, Query: 8})
	}
}

func TestATimeIsByTheClockOfItsEra(t *testing.T) {
	h := &hand{running: 100 * second, set: 1000 * second}
	c := h.clock()
	h.running += 10 * second // the time of day is 1110
	c.Now()
	h.set -= 500 * second
	h.running += second // it is 611
	expect(t, c.Steady(1105*second), 1105*second)
	expect(t, c.Steady(611*second), 1111*second)
	for range 3 * maxEras {
		h.set += 10 * second
		h.running += second
		c.Now()
	}
	expect(t, len(c.eras), maxEras)
}

func TestAClockThatIsSlewedIsNotSet(t *testing.T) {
	h := &hand{set: 1000 * second}
	c := h.clock()
	for range 1000 {
		h.running += second
		h.set += second / 2000
		c.Now()
	}
	expect(t, c.Reading(0).Stepped, 0)
}

func TestTheClockOfTheMachineRuns(t *testing.T) {
	before := SinceBoot()
	time.Sleep(2 * time.Millisecond)
	if passed := SinceBoot() - before; passed < int64(time.Millisecond) || passed > 20*second {
		t.Errorf("%d ns", passed)
	}
}
