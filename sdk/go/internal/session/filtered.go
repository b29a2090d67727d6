package session

const (
	// MaxFiltered is how many frames one may stand for, as ingest takes them: two days of 60 a second.
	MaxFiltered = 10_000_000

	// maxRuns that wait, with a frame between each two of them. Beyond that the oldest are not told: a camera
	// with a spool on disk takes frames for days.
	maxRuns = 4096
)

// filteredRuns are frames that the camera's own filter dropped, until ingest is told of them. Runs of numbers
// are oldest first; each is sent as one frame that has no image.
type filteredRuns struct {
	growing uint64 // frames of the run that still grows
	runs    []Frame
	dropped uint64 // frames that ingest is never told of
}

// close ends the run that grows, if there is one, with this number: it waits to be sent.
func (r *filteredRuns) close(last uint64) {
	if r.growing == 0 {
		return
	}
	run := Frame{Sequence: last, Filtered: r.growing}
	r.growing = 0
	if n := len(r.runs); n > 0 {
		before := &r.runs[n-1]
		if before.Sequence+run.Filtered == last && before.Filtered+run.Filtered <= MaxFiltered {
			before.Sequence, before.Filtered = last, before.Filtered+run.Filtered
			return
		}
	}
	r.runs = append(r.runs, run)
	if len(r.runs) > maxRuns {
		r.dropped += r.runs[0].Filtered
		r.runs = r.runs[1:]
	}
}

// discard leaves the run that grows untold.
func (r *filteredRuns) discard() {
	r.dropped += r.growing
	r.growing = 0
}

func (r *filteredRuns) take() Frame {
	run := r.runs[0]
	r.runs = r.runs[1:]
	return run
}

// Filtered tells that the camera's filter dropped the next frames: at most MaxFiltered.
func (s *Session) Filtered(frames uint64) {
	s.offered += frames
	s.last += frames
	if s.runs.growing+frames > MaxFiltered {
		s.runs.close(s.last - frames)
	}
	s.runs.growing += frames
}

// IsFiltering is whether frames were filtered since the last one that was offered, or told of.
func (s *Session) IsFiltering() bool { return s.runs.growing > 0 }

// TellFiltered tells ingest of frames that were filtered since the last one that was offered. With a spool on
// disk only a frame after them does that: it alone has on disk that their numbers are used.
func (s *Session) TellFiltered() {
	if !s.durable {
		s.runs.close(s.last)
	}
}

// EndFiltered tells that no frame follows.
func (s *Session) EndFiltered() {
	s.TellFiltered()
	s.runs.discard()
}
