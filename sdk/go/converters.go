package framemesh

import (
	"fmt"
	"strings"

	ingestv1 "framemesh.dev/sdk/go/api/ingest/v1"
	"framemesh.dev/sdk/go/internal/session"
)

func openRequest(target Target, sessionID string) *ingestv1.PushRequest {
	return &ingestv1.PushRequest{Request: &ingestv1.PushRequest_Open{Open: &ingestv1.OpenSession{
		Pipeline: target.Pipeline, Camera: target.Camera, Session: sessionID,
	}}}
}

func clockRequest(reading session.Reading) *ingestv1.PushRequest {
	return &ingestv1.PushRequest{Request: &ingestv1.PushRequest_Clock{Clock: &ingestv1.ClockReading{
		UnixNano: reading.UnixNano, Query: reading.Query, SteppedNano: reading.Stepped,
	}}}
}

// framesRequest is one message, of one frame or of several.
func framesRequest(frames []session.Frame) *ingestv1.PushRequest {
	if len(frames) == 1 {
		return &ingestv1.PushRequest{Request: &ingestv1.PushRequest_Frame{Frame: wireFrame(frames[0])}}
	}
	several := &ingestv1.Frames{Frames: make([]*ingestv1.Frame, 0, len(frames))}
	for _, frame := range frames {
		several.Frames = append(several.Frames, wireFrame(frame))
	}
	return &ingestv1.PushRequest{Request: &ingestv1.PushRequest_Frames{Frames: several}}
}

func wireFrame(frame session.Frame) *ingestv1.Frame {
	wire := &ingestv1.Frame{
		Sequence:         frame.Sequence,
		CapturedUnixNano: frame.Captured,
		Image:            frame.Image,
		WithheldBytes:    frame.Withheld,
		SentUnixNano:     frame.Sent,
		Filtered:         frame.Filtered,
	}
	if frame.Withheld == 0 && frame.Filtered == 0 {
		wire.Crc32 = &frame.CRC32
	}
	if len(frame.Headers) > 0 {
		wire.Headers = make(map[string]string, len(frame.Headers))
		for _, header := range frame.Headers {
			wire.Headers[header.Name] = header.Value
		}
	}
	return wire
}

func fromCredit(credit *ingestv1.Credit) session.Credit {
	return session.Credit{Frames: credit.GetFrames(), Bytes: credit.GetBytes()}
}

// perMessage is what ingest takes in one message; an older one says nothing of it.
func perMessage(opened *ingestv1.SessionOpened) session.Credit {
	if opened.PerMessage == nil {
		return session.OneFrame
	}
	return fromCredit(opened.GetPerMessage())
}

func fromHint(hint *ingestv1.Hint) Hint {
	found := Hint{FramesPerSecond: hint.GetFramesPerSecond(), Quality: noHint.Quality}
	if hint.Quality != nil {
		found.Quality = hint.GetQuality()
	}
	return found
}

func fromRejections(rejections []*ingestv1.Rejection) []session.Rejection {
	converted := make([]session.Rejection, 0, len(rejections))
	for _, one := range rejections {
		converted = append(converted, session.Rejection{
			Sequence: one.GetSequence(), Reason: reason(one.GetReason()), Message: one.GetMessage(),
		})
	}
	return converted
}

// reason is one stable word. A newer ingest may have reasons that this SDK does not know.
func reason(of ingestv1.RejectionReason) string {
	named, known := ingestv1.RejectionReason_name[int32(of)]
	if !known {
		return fmt.Sprintf("reason_%d", int32(of))
	}
	return strings.ToLower(strings.TrimPrefix(named, "REJECTION_REASON_"))
}
