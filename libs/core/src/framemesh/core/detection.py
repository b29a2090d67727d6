"""What a stage finds in a frame: a class, a box, and what the stage's model tells of them.

Positions are fractions of the whole frame: (0, 0) is its upper left, (1, 1) its lower right.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the frame."""

    left: float
    top: float
    right: float
    bottom: float

    def within(self, outer: "Box") -> "Box":
        """Convert this box from fractions of `outer` to fractions of the image that contains it."""
        width, height = outer.right - outer.left, outer.bottom - outer.top
        return Box(
            outer.left + self.left * width,
            outer.top + self.top * height,
            outer.left + self.right * width,
            outer.top + self.bottom * height,
        )


class Point(NamedTuple):
    """A place in fractions of the frame; it may lie outside."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Keypoint:
    """One named place of a thing, such as a wrist. The order of the model's keypoints counts."""

    at: Point
    score: float
    """0 to 1: how sure the model is of it, or 1 where it does not tell."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Which cells of a grid over a detection's box (the frame if it has none) belong to it."""

    width: int
    height: int
    """Cells of the grid."""
    runs: tuple[int, ...]
    """Lengths of runs of cells, row by row from the upper left: outside, inside, outside, ... The
    first may be 0; together they are width * height."""


class RasterKind(Enum):
    """What the cells of a raster are."""

    CLASSES = "classes"
    """The number of a class."""
    ANOMALY = "anomaly"
    """How unusual the place is; `low` and `high` tell the scale."""
    DEPTH = "depth"
    """Distance or its inverse, in the model's own unit; `low` and `high` tell the scale."""


@dataclass(frozen=True, slots=True)
class ClassArea:
    """How much of a raster one class takes."""

    class_id: int
    label: str
    area: float
    """Fraction of all cells: of what the model saw."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A value for each cell of a grid over the detection's box (the frame if it has none).

    Of a model that sees only the middle of the frame the box is that part.
    """

    kind: RasterKind
    width: int
    height: int
    """Cells of the grid."""
    values: bytes
    """One byte a cell, row by row from the upper left, compressed by zlib. Of CLASSES it is the
    number of the class; else low + byte / 255 * (high - low)."""
    low: float = 0.0
    high: float = 1.0
    areas: tuple[ClassArea, ...] = ()
    """Of CLASSES: the classes that are there, the largest first."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One detection of one stage. What its model does not tell is empty."""

    stage: str
    label: str
    class_id: int
    score: float
    box: Box | None = None
    """None for a class or an embedding, and for a mask or a raster of the whole frame."""
    parent: int | None = None
    """Index, in the same outcome, of the detection whose crop the stage processed."""
    corners: tuple[Point, ...] = ()
    """Of an oriented box: its four corners in order around it; `box` then encloses them."""
    keypoints: tuple[Keypoint, ...] = ()
    mask: Mask | None = None
    raster: Raster | None = None
    text: str = ""
    """That is written there."""
    embedding: tuple[float, ...] = ()
    """A vector that is near those of similar things."""
