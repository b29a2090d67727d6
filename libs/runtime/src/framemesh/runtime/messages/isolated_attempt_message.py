"""The record of an isolated attempt at a suspect frame, as a message of the ledger's stream."""

from uuid import uuid4

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.messages.subjects import isolated_attempt_subject, ledger_stream


def to_message(pipeline: str, frame: FrameId, number: int, worker: str) -> OutboundMessage:
    """The record that `worker` begins isolated attempt `number`, from 1, at `frame`.

    Each has an id of its own: where the acknowledgement is lost, it is told from that of another
    worker, and an attempt that was not made is not counted.
    """
    return OutboundMessage(
        isolated_attempt_subject(pipeline, frame, number),
        worker.encode(),
        uuid4().hex,
        stream=ledger_stream(pipeline),
        first=True,
    )
