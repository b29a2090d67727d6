"""Between the messages of IngestService and the types of ingest."""

import zlib

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.ingest.clock_offset import CameraClock
from framemesh.ingest.errors import SessionProtocolViolation
from framemesh.ingest.offers import AckBatch, OfferedFrame


def offered_from_proto(frame: ingest_pb2.Frame, clock: CameraClock) -> OfferedFrame:
    """
    Raises:
        SessionProtocolViolation: it has no sequence number.
    """
    if frame.sequence == 0:
        raise SessionProtocolViolation("a frame has no sequence number: count from 1")
    return OfferedFrame(
        frame.sequence,
        clock.captured(frame.captured_unix_nano),
        frame.image,
        frame.crc32 if frame.HasField("crc32") else zlib.crc32(frame.image),
        frame.withheld_bytes,
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
