"""What the models found in a frame. All places are fractions of the frame."""

from typing import Literal

from framemesh.monitor.dashboard.messages.base import Message

Place = tuple[float, float]
"""x and y: 0,0 is the upper left of the frame, 1,1 its lower right."""


class Mask(Message):
    """Which cells of a grid over the detection's box (the frame if it has none) belong to it."""

    width: int
    height: int
    runs: list[int]
    """Lengths of runs of cells, row by row: outside, inside, outside, ..."""


class ClassOfCells(Message):
    """One class that some cells of a raster have."""

    class_id: int
    label: str
    area: float
    """Of all cells, 0 to 1."""


class Raster(Message):
    """A value for each cell of a grid over the detection's box (the frame if it has none)."""

    kind: Literal["classes", "anomaly", "depth"]
    width: int
    height: int
    values: str
    """One byte a cell, row by row, compressed by zlib and written in base64. Of classes it is the
    number of one; else low + byte / 255 * (high - low)."""
    low: float
    high: float
    classes: list[ClassOfCells]
    """Those that are there, the largest first."""


class Detection(Message):
    """One thing that one stage found."""

    stage: str
    label: str
    score: float
    box: tuple[float, float, float, float] | None
    """Left, top, right, bottom."""
    corners: list[Place]
    """Of an oriented box."""
    keypoints: list[tuple[float, float, float]]
    """x, y and score of each."""
    mask: Mask | None
    raster: Raster | None
    text: str
    parent: int | None
    """Index of the detection in whose crop it was found."""
