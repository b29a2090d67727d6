"""Between the messages of IngestService and the types of ingest."""

import zlib

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.ingest.clock.camera_clock import CameraClock
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.frame_headers import problem_of_headers
from framemesh.ingest.hints.hint import Hint
from framemesh.ingest.offers import AckBatch, OfferedFrame

MAX_FILTERED = 10_000_000
"""Frames in one message: two days of 60 a second."""


def offered_from_proto(frame: ingest_pb2.Frame, clock: CameraClock) -> OfferedFrame:
    """
    Raises:
        SessionProtocolViolation: it has no sequence number, or headers that are not passed on.
    """
    if frame.sequence == 0:
        raise SessionProtocolViolation("a frame has no sequence number: count from 1")
    if frame.filtered > min(frame.sequence, MAX_FILTERED):
        raise SessionProtocolViolation(
            f"frame {frame.sequence}: {frame.filtered} filtered frames are over the limit of "
            f"{MAX_FILTERED}, or begin below 1: tell of them more often"
        )
    if frame.filtered and frame.image:
        raise SessionProtocolViolation(
            f"frame {frame.sequence} is filtered and has an image: send one or the other"
        )
    headers = dict(frame.headers) if frame.headers else {}
    if problem := problem_of_headers(headers):
        raise SessionProtocolViolation(f"frame {frame.sequence}: {problem}")
    received, captured = clock.now_unix_nano, clock.captured(frame.captured_unix_nano)
    return OfferedFrame(
        frame.sequence,
        captured,
        frame.image,
        frame.crc32 if frame.HasField("crc32") else zlib.crc32(frame.image),
        frame.withheld_bytes,
        headers,
        clock.captured(frame.sent_unix_nano) if frame.sent_unix_nano else captured,
        received,
        frame.filtered,
    )


def opened_to_proto(
    frames: int, credit_bytes: int, max_frame_bytes: int
) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(
        opened=ingest_pb2.SessionOpened(
            credit=ingest_pb2.Credit(frames=frames, bytes=credit_bytes),
            max_frame_bytes=max_frame_bytes,
        )
    )


def query_to_proto(query: int) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(clock_query=ingest_pb2.ClockQuery(id=query))


def hint_to_proto(hint: Hint) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(
        hint=ingest_pb2.Hint(frames_per_second=hint.frames_per_second or 0.0, quality=hint.quality)
    )


def ack_to_proto(answer: AckBatch) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(
        acknowledgement=ingest_pb2.Acknowledgement(
            accepted=answer.accepted,
            rejected=[
                ingest_pb2.Rejection(
                    sequence=rejected.sequence,
                    reason=ingest_pb2.RejectionReason.Value(
                        f"REJECTION_REASON_{rejected.rejection.reason.name}"
                    ),
                    message=rejected.rejection.message,
                )
                for rejected in answer.rejected
            ],
        )
    )
