"""What a broken promise looks like."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.frame import FrameId


class Promise(Enum):
    """What framemesh promises, by what it is called when the promise is broken."""

    LOST = "lost"
    """A frame that its camera was told is accepted has no outcome, and is nowhere."""
    STUCK = "stuck"
    """The same, but it is still in the buffer."""
    DOUBLE = "double"
    """A frame has two outcomes."""
    OUT_OF_ORDER = "out of order"
    """A camera's outcomes are not in the order of its frames, where the pipeline promises it."""
    UNKNOWN = "unknown"
    """There is an entry for a frame that no camera offered."""
    UNRECORDED = "unrecorded"
    """A camera was told something that is not on record."""
    UNANSWERED = "unanswered"
    """A camera closed well, and was not told what became of a frame."""
    WRONG_FATE = "wrong fate"
    """A good frame ended as it must not, or a bad one was done."""
    WRONG_BOXES = "wrong boxes"
    """What was seen is not what the model sees in that frame."""
    DEAD_LETTER = "dead letter"
    """A dead frame is not kept, or not with the bytes that were sent."""
    LEDGER = "ledger"
    """Monitor says something else than the record."""
    STREAM = "stream"
    """The ledger's stream lost what it had stored."""
    CAMERA = "camera"
    """A camera's program was ended by an error that is not its own."""
    RECOVERY = "recovery"
    """It took too long until the mesh worked again, or it never did."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise, broken once."""

    promise: Promise
    what: str
    frame: FrameId | None = None
    at_unix_nano: int | None = None
    """When the frame was captured; None where no frame is concerned."""

    def __str__(self) -> str:
        return f"{self.promise.value}: {self.frame or ''} {self.what}".replace("  ", " ")
