package session

import "time"

const rateSeconds = 10

// A RateMeter counts events in steps of one second. Times are of a monotonic clock.
type RateMeter struct {
	began  time.Time
	counts [rateSeconds + 1]uint64 // of the seconds since began, in turn
	last   int                     // the second that the newest count is of
}

// NewRateMeter returns a meter that begins now.
func NewRateMeter(now time.Time) *RateMeter { return &RateMeter{began: now} }

// Add counts events that happened now.
func (m *RateMeter) Add(count uint64, now time.Time) {
	m.forget(now)
	m.counts[m.last%len(m.counts)] += count
}

// Rate is how many events a second there were, over the last ten seconds or since the beginning.
func (m *RateMeter) Rate(now time.Time) float64 {
	m.forget(now)
	var counted uint64
	for _, count := range m.counts {
		counted += count
	}
	return float64(counted) / min(rateSeconds, max(1, now.Sub(m.began).Seconds()))
}

// forget what is older than the seconds that are kept.
func (m *RateMeter) forget(now time.Time) {
	second := int(now.Sub(m.began) / time.Second)
	for steps := 0; m.last < second; steps++ {
		if steps == len(m.counts) {
			m.last = second
			return
		}
		m.last++
		m.counts[m.last%len(m.counts)] = 0
	}
}
