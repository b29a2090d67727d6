"""The messages of the wire, and the values of the core."""

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.hint import Hint
from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import ONE_FRAME
from framemesh.sdk.session.steps import ClockReading, OpenSession, Request

_REASONS = {
    value: name.removeprefix("REJECTION_REASON_").lower()
    for name, value in ingest_pb2.RejectionReason.items()
}


def to_proto(request: Request) -> ingest_pb2.PushRequest:
    match request:
        case [frame]:
            found = ingest_pb2.PushRequest()
            _fill(found.frame, frame)
            return found
        case list():
            found = ingest_pb2.PushRequest()
            for frame in request:
                _fill(found.frames.frames.add(), frame)
            return found
        case ClockReading(unix_nano, query, stepped_nano):
            return ingest_pb2.PushRequest(
                clock=ingest_pb2.ClockReading(
                    unix_nano=unix_nano, query=query, stepped_nano=stepped_nano
                )
            )
        case OpenSession(target, session):
            return ingest_pb2.PushRequest(
                open=ingest_pb2.OpenSession(
                    pipeline=target.pipeline, camera=target.camera, session=session
                )
            )


def _fill(wire: ingest_pb2.Frame, frame: OfferedFrame) -> None:
    # In place: a message that is made apart is copied once more, image and all.
    wire.sequence = frame.sequence
    wire.captured_unix_nano = frame.captured_unix_nano
    wire.image = frame.image
    if frame.headers:
        wire.headers.update(frame.headers)
    if frame.sent_unix_nano:
        wire.sent_unix_nano = frame.sent_unix_nano
    if frame.filtered:
        wire.filtered = frame.filtered
    elif frame.withheld_bytes:
        wire.withheld_bytes = frame.withheld_bytes
    else:
        wire.crc32 = frame.crc32


def apply(response: ingest_pb2.PushResponse, core: CameraCore) -> None:
    """Report to `core` what ingest answered."""
    if response.HasField("acknowledgement"):
        answer = response.acknowledgement
        core.acknowledged(answer.accepted, map(_rejected, answer.rejected))
    elif response.HasField("clock_query"):
        core.clock_asked(response.clock_query.id)
    elif response.HasField("hint"):
        core.hinted(_hint(response.hint))
    elif response.HasField("opened"):
        opened = response.opened
        core.opened(
            _credit(opened.credit),
            opened.max_frame_bytes,
            _credit(opened.per_message) if opened.HasField("per_message") else ONE_FRAME,
        )


def _credit(credit: ingest_pb2.Credit) -> Credit:
    return Credit(credit.frames, credit.bytes)


def _hint(hint: ingest_pb2.Hint) -> Hint:
    return Hint(
        hint.frames_per_second if hint.frames_per_second > 0 else None,
        min(1.0, max(0.0, hint.quality)) if hint.HasField("quality") else 1.0,
    )


def _rejected(rejection: ingest_pb2.Rejection) -> FrameRejected:
    # A newer ingest may have reasons that this SDK does not know.
    reason = _REASONS.get(rejection.reason, f"reason_{rejection.reason}")
    return FrameRejected(rejection.sequence, reason, rejection.message)
