package framemesh

import (
	"strconv"
	"strings"
	"time"

	commonv1 "framemesh.dev/sdk/go/api/common/v1"
)

// A Fate is what became of a frame. A newer mesh may have others.
type Fate string

const (
	// Done: the pipeline ran to its end.
	Done Fate = "done"
	// Expired: older than its deadline when it was to be processed.
	Expired Fate = "expired"
	// Superseded: a newer frame of the camera took its place.
	Superseded Fate = "superseded"
	// Dead: undecodable, or failed too often.
	Dead Fate = "dead"
	// Rejected: never accepted; the camera was told why.
	Rejected Fate = "rejected"
)

// A Result is the one final fate of a frame.
type Result struct {
	Session  string
	Sequence uint64 // as Send returned it
	Fate     Fate
	Reason   string // why it is not done, as one stable word; else empty
	Detail   string // the same for a person
	// Captured and Completed are by the clock of ingest.
	Captured, Completed time.Time
	Width, Height       int // in pixels; 0 if it was not decoded
	Detections          []Detection
	// Outcome is all of it, masks and rasters too.
	Outcome *commonv1.Outcome
}

// A Detection is one thing that one stage found. What its model does not tell is empty.
type Detection struct {
	Stage     string
	Label     string
	Score     float32 // 0 to 1
	Box       *Box    // in the whole frame; nil for a class, an embedding, and what is of the whole frame
	Parent    int     // index of the detection in whose crop it was found; -1: in the whole frame
	Keypoints []Keypoint
	Text      string
	Embedding []float32
}

// A Box is in fractions of the frame: 0, 0 is its upper left, 1, 1 its lower right corner.
type Box struct{ Left, Top, Right, Bottom float32 }

// A Keypoint is a named place of a thing, in fractions of the frame; it may lie outside.
type Keypoint struct{ X, Y, Score float32 }

func fromOutcome(outcome *commonv1.Outcome) Result {
	result := Result{
		Session:   outcome.GetFrame().GetSession(),
		Sequence:  outcome.GetFrame().GetSequence(),
		Fate:      fromFate(outcome.GetFate()),
		Reason:    outcome.GetReason(),
		Detail:    outcome.GetDetail(),
		Captured:  time.Unix(0, outcome.GetCapturedUnixNano()),
		Completed: time.Unix(0, outcome.GetCompletedUnixNano()),
		Width:     int(outcome.GetWidth()),
		Height:    int(outcome.GetHeight()),
		Outcome:   outcome,
	}
	for _, found := range outcome.GetDetections() {
		result.Detections = append(result.Detections, fromDetection(found))
	}
	return result
}

func fromDetection(found *commonv1.Detection) Detection {
	detection := Detection{
		Stage:     found.GetStage(),
		Label:     found.GetLabel(),
		Score:     found.GetScore(),
		Parent:    -1,
		Text:      found.GetText(),
		Embedding: found.GetEmbedding(),
	}
	if box := found.GetBox(); box != nil {
		detection.Box = &Box{box.GetLeft(), box.GetTop(), box.GetRight(), box.GetBottom()}
	}
	if found.Parent != nil {
		detection.Parent = int(found.GetParent())
	}
	for _, one := range found.GetKeypoints() {
		at := Keypoint{one.GetAt().GetX(), one.GetAt().GetY(), one.GetScore()}
		detection.Keypoints = append(detection.Keypoints, at)
	}
	return detection
}

func fromFate(fate commonv1.Fate) Fate {
	name, known := commonv1.Fate_name[int32(fate)]
	if !known {
		return Fate("fate_" + strconv.Itoa(int(fate)))
	}
	return Fate(strings.ToLower(strings.TrimPrefix(name, "FATE_")))
}
