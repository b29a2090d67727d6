"""What happens to pipelines, as values, and who records it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


class EventKind(Enum):
    """What happened. The value is a token of a subject, and the word that a person reads."""

    APPLIED = "applied"
    """A person made or changed the pipeline; the message says what changed."""
    BUFFER_PROVISIONED = "buffer_provisioned"
    IMAGE_BUILT = "image_built"
    """Its workers have an image that the registry did not have."""
    IMAGE_FAILED = "image_failed"
    """An image could not be built or pushed; the message says why. It is tried again."""
    IMAGE_LEFT = "image_left"
    """The models of an image were deleted, and the registry does not remove it; the message says
    what to do."""
    GENERATION_DRAINED = "generation_drained"
    """Streams that took no more frames are empty, and gone."""
    ROLLOUT_BEGUN = "rollout_begun"
    ROLLOUT_FINISHED = "rollout_finished"
    ROLLED_BACK = "rolled_back"
    PROMOTED = "promoted"
    SCALED = "scaled"
    """The wanted number of workers changed; the message says from what to what, and why."""
    WORKER_ADDED = "worker_added"
    WORKER_READY = "worker_ready"
    WORKER_FAILED = "worker_failed"
    WORKER_GONE = "worker_gone"
    NODE_LOST = "node_lost"
    """A node that had workers of the pipeline reports no more."""
    NODE_BACK = "node_back"
    NODE_DRAINED = "node_drained"
    """The pipeline has no workers any more on a node that a person drains."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a pipeline."""

    at: datetime
    """In UTC; of several equal ones that are told as one, the last."""
    pipeline: str
    kind: EventKind
    message: str
    """One line for a person."""
    times: int = 1
    """How many equal ones it stands for."""


class Events(Protocol):
    """Where events are recorded: what EventLog has for this."""

    def record(self, pipeline: str, kind: EventKind, message: str) -> None:
        """Keep an event. It never waits and never fails."""
        ...


class NoEvents:
    """Keeps nothing, for tests of other things."""

    def record(self, pipeline: str, kind: EventKind, message: str) -> None:
        """Drop it."""
