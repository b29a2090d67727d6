"""The one final fate of a frame, and what was seen in it."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.frame import FrameId


class Fate(Enum):
    """What became of an offered frame."""

    DONE = "done"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD = "dead"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the frame: (0, 0) is its upper left, (1, 1) its lower right."""

    left: float
    top: float
    right: float
    bottom: float

    def within(self, outer: "Box") -> "Box":
        """This box, given in fractions of `outer`, in fractions of what `outer` is part of."""
        width, height = outer.right - outer.left, outer.bottom - outer.top
        return Box(
            outer.left + self.left * width,
            outer.top + self.top * height,
            outer.left + self.right * width,
            outer.top + self.bottom * height,
        )


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that one stage saw."""

    stage: str
    label: str
    class_id: int
    score: float
    box: Box | None = None
    """In fractions of the whole frame; None for a class of the whole frame."""
    parent: int | None = None
    """Index, in the same outcome, of the detection whose crop this one was seen in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one frame. There is exactly one for every frame that was offered."""

    frame: FrameId
    pipeline: str
    fate: Fate
    captured_unix_nano: int
    completed_unix_nano: int
    completed_by: str
    """The worker, or the ingest, that decided it."""
    reason: str = ""
    """Why the fate is not done, as one stable word: "undecodable", "too_large", ..."""
    detail: str = ""
    """The same for a person, with the figures."""
    width: int = 0
    height: int = 0
    """Size of the decoded picture in pixels; 0 where it was never decoded."""
    detections: tuple[Detection, ...] = ()
    attempts: int = 1
    """How often the frame was looked at, or tried to be: 0 where it was expired, superseded or
    rejected, else 1 and its tries alone."""
    image_bytes: int = 0
    """Of the image as the worker got it; 0 where ingest decided its fate."""
    tensor_bytes: int = 0
    """Of what was given to the models."""
    run: str = ""
    """Name of the run that the outcome belongs to: empty for the live one, in which each frame has
    exactly one; another one (a replay, a shadow) has outcomes of its own."""
