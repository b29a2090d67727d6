"""What became of a frame, as the mesh tells it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Box:
    """In fractions of the frame: 0, 0 is its upper left, 1, 1 its lower right corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A named place of a thing, in fractions of the frame; it may lie outside."""

    x: float
    y: float
    score: float


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that one stage found. What its model does not tell is empty."""

    stage: str
    label: str
    score: float
    """0 to 1."""
    box: Box | None = None
    """In the whole frame; None for a class, an embedding, and what is of the whole frame."""
    parent: int | None = None
    """Index of the detection in whose crop it was found; None: in the whole frame."""
    keypoints: tuple[Keypoint, ...] = ()
    text: str = ""
    embedding: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The one final fate of a frame. Masks and rasters are in `serialized` only."""

    session: str
    sequence: int
    """As `send` returned it."""
    fate: str
    """"done", "expired", "superseded", "dead" or "rejected"."""
    reason: str
    """Why it is not done, as one stable word; else empty."""
    detail: str
    """The same for a person."""
    captured_unix_nano: int
    """By the clock of ingest, as `completed_unix_nano`."""
    completed_unix_nano: int
    width: int
    """In pixels; 0 if it was not decoded."""
    height: int
    detections: tuple[Detection, ...]
    serialized: bytes = field(repr=False)
    """All of it: the message framemesh.api.common.v1.Outcome."""
