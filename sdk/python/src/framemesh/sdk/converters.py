"""The messages of the wire, and what they mean to a session."""

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk.rejections import FrameRejected
from framemesh.sdk.session import Credit, OfferedFrame, Session
from framemesh.sdk.target import Target

_REASONS = {
    value: name.removeprefix("REJECTION_REASON_").lower()
    for name, value in ingest_pb2.RejectionReason.items()
}


def open_request(target: Target, session_id: str) -> ingest_pb2.PushRequest:
    return ingest_pb2.PushRequest(
        open=ingest_pb2.OpenSession(
            pipeline=target.pipeline, camera=target.camera, session=session_id
        )
    )


def frame_request(frame: OfferedFrame) -> ingest_pb2.PushRequest:
    request = ingest_pb2.PushRequest()
    # In place: a message that is made apart is copied once more, image and all.
    wire = request.frame
    wire.sequence = frame.sequence
    wire.captured_unix_nano = frame.captured_unix_nano
    wire.image = frame.image
    wire.withheld_bytes = frame.withheld_bytes
    return request


def apply(response: ingest_pb2.PushResponse, session: Session) -> None:
    """Let `session` know what ingest said."""
    if response.HasField("opened"):
        opened = response.opened
        session.opened(Credit(opened.credit.frames, opened.credit.bytes), opened.max_frame_bytes)
    elif response.HasField("acknowledgement"):
        answer = response.acknowledgement
        session.acknowledged(answer.accepted, map(_rejected, answer.rejected))


def _rejected(rejection: ingest_pb2.Rejection) -> FrameRejected:
    # An ingest that is newer than this SDK may have reasons that it does not know.
    reason = _REASONS.get(rejection.reason, f"reason_{rejection.reason}")
    return FrameRejected(rejection.sequence, reason, rejection.message)
