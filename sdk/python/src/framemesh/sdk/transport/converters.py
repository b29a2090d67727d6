"""The messages of the wire, and what they mean to a session."""

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.transport.target import Target

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


def clock_request(unix_nano: int) -> ingest_pb2.PushRequest:
    return ingest_pb2.PushRequest(clock=ingest_pb2.ClockReading(unix_nano=unix_nano))


def frame_request(frame: OfferedFrame) -> ingest_pb2.PushRequest:
    request = ingest_pb2.PushRequest()
    # In place: a message that is made apart is copied once more, image and all.
    wire = request.frame
    wire.sequence = frame.sequence
    wire.captured_unix_nano = frame.captured_unix_nano
    wire.image = frame.image
    if frame.withheld_bytes:
        wire.withheld_bytes = frame.withheld_bytes
    else:
        wire.crc32 = frame.crc32
    return request


def apply(response: ingest_pb2.PushResponse, session: CameraSession) -> None:
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
