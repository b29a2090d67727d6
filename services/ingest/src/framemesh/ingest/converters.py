"""Between the messages of IngestService and the types of ingest."""

import zlib
from collections.abc import Sequence

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.ingest.clock.camera_clock import CameraClock
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.frame_headers import problem_of_headers
from framemesh.ingest.hints.hint import Hint
from framemesh.ingest.offers import AckBatch, CreditLimit, OfferedFrame

MAX_FILTERED = 10_000_000
"""That one message may tell of: two days of 60 a second."""

PER_MESSAGE = CreditLimit(frames=8, bytes=512 * 1024)
"""A message costs gRPC as much as a frame of 50 KB in it, on both sides. It fits into one frame of
HTTP/2, and into the smallest limit of a message."""


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


def frames_of(message: ingest_pb2.Frames) -> Sequence[ingest_pb2.Frame]:
    """The frames of a message of several.

    Raises:
        SessionProtocolViolation: they are more than was told.
    """
    frames = message.frames
    size = sum(len(frame.image) for frame in frames)
    if len(frames) > PER_MESSAGE.frames or (len(frames) > 1 and size > PER_MESSAGE.bytes):
        raise SessionProtocolViolation(
            f"{len(frames)} frames of {size} bytes in one message: send at most "
            f"{PER_MESSAGE.frames} frames, of {PER_MESSAGE.bytes} bytes in all"
        )
    return frames


def opened_to_proto(credit: CreditLimit, max_frame_bytes: int) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(
        opened=ingest_pb2.SessionOpened(
            credit=_credit_to_proto(credit),
            max_frame_bytes=max_frame_bytes,
            per_message=_credit_to_proto(PER_MESSAGE),
        )
    )


def _credit_to_proto(credit: CreditLimit) -> ingest_pb2.Credit:
    return ingest_pb2.Credit(frames=credit.frames, bytes=credit.bytes)


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
