"""What the models found in a frame. All places are fractions of the frame."""

from framemesh.monitor.dashboard.messages.base import Message

Place = tuple[float, float]
"""x and y: 0,0 is the upper left of the frame, 1,1 its lower right."""


class Mask(Message):
    """Which cells of a grid over the detection's box (the frame if it has none) belong to it."""

    width: int
    height: int
    runs: list[int]
    """Lengths of runs of cells, row by row: outside, inside, outside, ..."""


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
    text: str
    parent: int | None
    """Index of the detection in whose crop it was found."""
