"""A lone try of a suspicious frame, as a message of the ledger's stream."""

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.messages.subjects import ledger_stream, trial_subject


def to_message(pipeline: str, frame: FrameId, number: int, worker: str) -> OutboundMessage:
    """The message that stores that `worker` begins the `number`-th try of `frame`."""
    return OutboundMessage(
        trial_subject(pipeline, frame, number), worker.encode(), stream=ledger_stream(pipeline)
    )
