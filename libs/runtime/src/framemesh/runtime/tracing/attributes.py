"""The names of attributes: those of OpenTelemetry's conventions for messaging, and our own."""

from collections.abc import Mapping

from framemesh.core.frame import Frame, FrameId
from framemesh.runtime.tracing.span import AttributeValue

SYSTEM = "messaging.system"
DESTINATION = "messaging.destination.name"
OPERATION = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
MESSAGE_ID = "messaging.message.id"
BODY_SIZE = "messaging.message.body.size"
CONSUMER = "messaging.consumer.group.name"
BATCH_COUNT = "messaging.batch.message_count"
ERROR_TYPE = "error.type"

PIPELINE = "framemesh.pipeline"
CAMERA = "framemesh.camera"
SESSION = "framemesh.session"
SEQUENCE = "framemesh.sequence"
FATE = "framemesh.fate"
REASON = "framemesh.reason"
DETAIL = "framemesh.detail"
AGE_MS = "framemesh.age_ms"
"""From the capture to the outcome."""
ATTEMPTS = "framemesh.attempts"
"""At processing the frame, as its outcome counts them."""
DELIVERY = "framemesh.delivery"
"""1 for the first time that the buffer gave the frame to this consumer."""
WORKER = "framemesh.worker"
REVISION = "framemesh.revision"
RUN = "framemesh.run"
STAGE = "framemesh.stage"
FAILURE = "framemesh.failure"
"""Of an attempt that was followed by another one."""
ROWS = "framemesh.batch.rows"


def of_frame(pipeline: str, frame: FrameId) -> dict[str, AttributeValue]:
    """By which the spans of a frame are found."""
    return {
        PIPELINE: pipeline,
        CAMERA: frame.camera,
        SESSION: frame.session,
        SEQUENCE: frame.sequence,
    }


def of_message(
    operation: str, kind: str, destination: str, frame: Frame | None = None
) -> Mapping[str, AttributeValue]:
    """
    Args:
        operation: as the system calls it.
        kind: as the conventions do: send, receive, process or settle.
        destination: the stream.
    """
    found: dict[str, AttributeValue] = {
        SYSTEM: "nats",
        OPERATION: operation,
        OPERATION_TYPE: kind,
        DESTINATION: destination,
    }
    if frame is not None:
        found[MESSAGE_ID] = str(frame.id)
        found[BODY_SIZE] = len(frame.image)
    return found
