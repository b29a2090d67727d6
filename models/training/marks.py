"""Marks: the teacher's labels of each frame of a video, and whether the object moves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .boxes import Floats
from .settings import Marking
from .teacher import Teacher
from .video import Picture

BACKGROUND_FRAMES = 100
"""Enough for a steady median; more would only cost memory."""


@dataclass(frozen=True)
class Marks:
    """The teacher's `boxes` [n, 4] and `scores` [n] of a frame; `moving` [n] is false for clutter.

    Kept after every change of the picture too, so that the heat is worked out in one place.
    """

    boxes: Floats
    scores: Floats
    moving: NDArray[np.bool_]

    def pick(self, chosen: NDArray[np.bool_]) -> "Marks":
        """The marks where `chosen` [n] is true."""
        return Marks(self.boxes[chosen], self.scores[chosen], self.moving[chosen])


def background(frames: Sequence[Picture]) -> Picture:
    """The empty street: the median of frames spread over the whole sequence."""
    step = max(1, len(frames) // BACKGROUND_FRAMES)
    return np.median(np.stack(frames[::step]), axis=0).astype(np.uint8)


def mark(frame: Picture, empty: Picture, teacher: Teacher, rule: Marking) -> Marks:
    """The teacher's labels, compared with the `empty` street."""
    found = teacher(frame)
    step = np.abs(frame.astype(np.int16) - empty).max(axis=-1)
    changed = step > rule.pixel_step
    shares = [_share(changed, box) for box in found.boxes]
    moving = np.array(shares, dtype=np.float32) >= rule.moving_share
    return Marks(found.boxes, found.scores, moving)


def confidence(marks: Marks, rule: Marking) -> Floats:
    """How sure the teacher is, 0..1 for each mark, whether it moves or not."""
    return np.clip((marks.scores - rule.floor) / (rule.ceiling - rule.floor), 0, 1)


def _share(changed: NDArray[np.bool_], box: Floats) -> float:
    """The share of the box' pixels that are `changed`; a box always has one pixel at least."""
    height, width = changed.shape
    left, top = int(box[0] * (width - 1)), int(box[1] * (height - 1))
    right, bottom = int(np.ceil(box[2] * width)), int(np.ceil(box[3] * height))
    return float(changed[top : max(bottom, top + 1), left : max(right, left + 1)].mean())
