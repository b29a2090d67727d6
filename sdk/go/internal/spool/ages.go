package spool

import (
	"sort"
	"time"
)

// ageSteps: ages are told with an error of this part of the greatest one that matters.
const ageSteps = 256

// ages knows how long frames wait, by a clock that does not step. It keeps a few times instead of one for
// each frame.
type ages struct {
	maxAge     time.Duration
	openedUnix int64 // nanoseconds, by the camera's clock
	opened     time.Time
	sequences  []uint64
	times      []time.Time
}

// taken tells that a frame came now.
func (a *ages) taken(sequence uint64, now time.Time) {
	if n := len(a.times); n > 0 && now.Sub(a.times[n-1]) < a.maxAge/ageSteps {
		return
	}
	// Whatever is before the last one that is too old is too old as well.
	old := sort.Search(len(a.times), func(i int) bool { return now.Sub(a.times[i]) <= 2*a.maxAge }) - 1
	if old > 0 {
		a.sequences, a.times = a.sequences[old:], a.times[old:]
	}
	a.sequences, a.times = append(a.sequences, sequence), append(a.times, now)
}

// isOver is whether a frame waits for longer than it may. takenUnix is when it came, by the camera's clock,
// for frames that were there before.
func (a *ages) isOver(sequence uint64, takenUnix int64, now time.Time) bool {
	index := sort.Search(len(a.sequences), func(i int) bool { return a.sequences[i] > sequence }) - 1
	if index >= 0 {
		return now.Sub(a.times[index])-a.maxAge/ageSteps > a.maxAge
	}
	before := max(0, time.Duration(a.openedUnix-takenUnix))
	return before+now.Sub(a.opened) > a.maxAge
}
