"""Violations of the guarantees of framemesh."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.frame import FrameId


class Promise(Enum):
    """The guarantees of framemesh, named by their violation."""

    LOST = "lost"
    """An acknowledged frame has no outcome and is not in the buffer."""
    STUCK = "stuck"
    """An acknowledged frame has no outcome and may still be in the buffer."""
    DOUBLE = "double"
    """A frame has two outcomes."""
    OUT_OF_ORDER = "out of order"
    """A camera's outcomes are not in the order of its frames, although the pipeline guarantees
    it."""
    UNKNOWN = "unknown"
    """There is an entry for a frame that no camera offered."""
    UNRECORDED = "unrecorded"
    """A camera got an answer that is not stored."""
    UNANSWERED = "unanswered"
    """A camera closed without an error, and got no answer for a frame."""
    WRONG_FATE = "wrong fate"
    """A good frame has a fate that it must not have, or a bad one is done."""
    WRONG_BOXES = "wrong boxes"
    """The detections differ from the model's for that frame."""
    DEAD_LETTER = "dead letter"
    """A dead frame has no dead letter, or one with other bytes."""
    LEDGER = "ledger"
    """The monitor's report differs from the stored entries."""
    STREAM = "stream"
    """The ledger's stream lost what it had stored."""
    SINK = "sink"
    """A sink left a result out."""
    CAMERA = "camera"
    """A camera's program was ended by an error that is not its own."""
    WORKERS = "workers"
    """The number of workers does not follow the load, or an older decision replaced a newer one."""
    RECOVERY = "recovery"
    """The mesh recovered too late, or not at all."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation of a guarantee."""

    promise: Promise
    what: str
    frame: FrameId | None = None
    at_unix_nano: int | None = None
    """When the frame was captured; None if no frame is concerned."""

    def __str__(self) -> str:
        return f"{self.promise.value}: {self.frame or ''} {self.what}".replace("  ", " ")
