package session

import (
	"math"
	"time"
)

const (
	// A smaller difference between two looks is no step.
	stepNano = int64(50 * time.Millisecond)
	// stepPerSecond is allowed more for each second between them: a clock that is slewed gains 500 ppm.
	stepPerSecond = int64(time.Millisecond)
	// A difference of less than this, and the time between reading both clocks, is none: moments keep their
	// distances to the nanosecond.
	noiseNano = int64(100 * time.Microsecond)
	// Where the program was held up for longer between reading both clocks, they tell nothing.
	interruptedNano = int64(10 * time.Millisecond)
	// A capture time so far ahead is by the clock as it is now, and a little wrong.
	futureNano = int64(time.Second)
	// maxEras are kept: frames are sent seconds after they were captured, not steps later.
	maxEras = 8
)

// A Reading is what to answer ingest that asks for the clock.
type Reading struct {
	UnixNano int64
	// Query that it answers; 0: the opening of the stream.
	Query uint64
	// Stepped is by how much the time of day was set since the last reading.
	Stepped int64
}

// An era is a time in which the time of day was not set. Times are of the clock that only runs.
type era struct {
	began   int64 // at the earliest; the one before it ended when this one was found, at the latest
	found   int64
	looked  int64 // when it was last seen to go on
	offset  int64 // the time of day minus that clock, about then
	stepped int64 // sum of all steps up to its beginning
}

// A SteadyClock is a camera's time of day as ingest hears it: it is never set, it only runs on. A board
// without a battery begins in 1970 and is set right while it sends; frames of before and after are in flight
// together, and no single offset would be right for both. Calls must not overlap.
type SteadyClock struct {
	timeOfDay func() int64
	elapsed   func() int64
	base      int64
	eras      []era
	told      int64
}

// NewSteadyClock counts on from timeOfDay, nanoseconds since the Unix epoch by a clock that may be set, by
// elapsed, nanoseconds by one that is not.
func NewSteadyClock(timeOfDay, elapsed func() int64) *SteadyClock {
	now := elapsed()
	base := timeOfDay() - now
	return &SteadyClock{
		timeOfDay: timeOfDay, elapsed: elapsed, base: base,
		eras: []era{{began: math.MinInt64 / 2, found: now, looked: now, offset: base}},
	}
}

// Now is the time by it.
func (c *SteadyClock) Now() int64 { return c.base + c.look() }

// Steady is a moment that the time of day called unixNano, before it was set or after.
func (c *SteadyClock) Steady(unixNano int64) int64 { return c.base + c.moment(unixNano, c.look()) }

// Reading is what to answer at this moment; it tells the steps since the last one.
func (c *SteadyClock) Reading(query uint64) Reading {
	now := c.Now()
	stepped := c.eras[len(c.eras)-1].stepped - c.told
	c.told += stepped
	return Reading{now, query, stepped}
}

func (c *SteadyClock) moment(unixNano, now int64) int64 {
	ended := now + futureNano
	for at := len(c.eras) - 1; at >= 0; at-- {
		moment := unixNano - c.eras[at].offset
		if c.eras[at].began <= moment && moment <= ended {
			return moment
		}
		ended = c.eras[at].found
	}
	return unixNano - c.eras[len(c.eras)-1].offset
}

// look is the running clock now; it notices whether the time of day was set.
func (c *SteadyClock) look() int64 {
	before := c.elapsed()
	timeOfDay := c.timeOfDay()
	now := c.elapsed()
	if now-before > interruptedNano {
		return now
	}
	last := &c.eras[len(c.eras)-1]
	difference := timeOfDay - now - last.offset
	allowed := stepNano + (now-last.looked)/int64(time.Second)*stepPerSecond
	if max(difference, -difference) <= allowed {
		if max(difference, -difference) > noiseNano+now-before {
			last.offset = timeOfDay - now
		}
		last.looked = now
		return now
	}
	c.eras = append(c.eras, era{
		began: last.looked, found: now, looked: now, offset: timeOfDay - now,
		stepped: last.stepped + difference,
	})
	c.eras = c.eras[max(0, len(c.eras)-maxEras):]
	return now
}
