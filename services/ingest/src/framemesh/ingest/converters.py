"""Between the messages of IngestService and the types of ingest."""

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.clock import Clock
from framemesh.ingest.errors import SessionProtocolViolated
from framemesh.ingest.session import Answer, Offered


def to_offered(request: ingest_pb2.PushRequest, clock: Clock) -> Offered:
    """The frame of a request. A camera without a clock leaves the time to us.

    Raises:
        SessionProtocolViolated: it is no frame, or has no sequence number.
    """
    if request.WhichOneof("request") != "frame":
        raise SessionProtocolViolated("after the first message, send frames only")
    frame = request.frame
    if frame.sequence == 0:
        raise SessionProtocolViolated("a frame has no sequence number: count from 1")
    captured = frame.captured_unix_nano or clock.unix_nano()
    return Offered(frame.sequence, captured, frame.image, frame.withheld_bytes)


def to_opened(frames: int, credit_bytes: int, max_frame_bytes: int) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(
        opened=ingest_pb2.SessionOpened(
            credit=ingest_pb2.Credit(frames=frames, bytes=credit_bytes),
            max_frame_bytes=max_frame_bytes,
        )
    )


def from_answer(answer: Answer) -> ingest_pb2.PushResponse:
    return ingest_pb2.PushResponse(
        acknowledgement=ingest_pb2.Acknowledgement(
            accepted=answer.accepted,
            rejected=[
                ingest_pb2.Rejection(
                    sequence=rejected.sequence,
                    reason=ingest_pb2.RejectionReason.Value(
                        f"REJECTION_REASON_{rejected.refusal.reason.name}"
                    ),
                    message=rejected.refusal.message,
                )
                for rejected in answer.rejected
            ],
        )
    )
