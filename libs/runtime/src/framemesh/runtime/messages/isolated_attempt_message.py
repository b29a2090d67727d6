"""The record of an isolated attempt at a suspect frame, as a message of the ledger's stream."""

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.messages.subjects import isolated_attempt_subject, ledger_stream


def to_message(pipeline: str, frame: FrameId, number: int, worker: str) -> OutboundMessage:
    """The record that `worker` begins isolated attempt `number`, from 1, at `frame`."""
    return OutboundMessage(
        isolated_attempt_subject(pipeline, frame, number),
        worker.encode(),
        stream=ledger_stream(pipeline),
    )
