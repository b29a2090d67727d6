"""A lone try of a suspicious frame, as a message of the ledger's stream."""

from framemesh.core.frame import FrameId
from framemesh.runtime.dataplane.outgoing import Outgoing
from framemesh.runtime.jetstream.subjects import trial_subject


def to_message(pipeline: str, frame: FrameId, number: int, worker: str) -> Outgoing:
    """The message that stores that `worker` begins the `number`-th try of `frame`."""
    return Outgoing(trial_subject(pipeline, frame, number), worker.encode())
