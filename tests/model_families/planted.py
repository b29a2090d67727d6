"""What the models of tests "see", and the pictures in which they see it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""[height, width, 3], blue first."""

PICTURE_SIZES = {
    "landscape": (384, 216),
    "portrait": (135, 240),
    "tiny": (9, 7),
    "large": (2600, 1700),
}
"""Width and height."""


@dataclass(frozen=True)
class Planted:
    """A thing that a model puts out for every picture."""

    class_id: int
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in fractions of the model's input, perhaps beyond it."""
    score: float
    """On a black input."""
    slope: float
    """What a white input of 1 adds to the score."""


PLANTED = (
    Planted(0, (0.10, 0.25, 0.30, 0.65), 0.5, 0.4),
    Planted(0, (0.11, 0.26, 0.31, 0.66), 0.5, 0.3),  # the same thing again
    Planted(2, (0.10, 0.25, 0.30, 0.65), 0.5, 0.3),  # of another class at the same place
    Planted(2, (0.45, 0.40, 0.70, 0.70), 0.5, 0.35),
    Planted(1, (0.40, 0.35, 0.47, 0.45), 0.4, 0.4),
    Planted(1, (0.70, 0.30, 0.80, 0.40), 0.1, 0.0),  # too faint
    Planted(1, (0.85, 0.55, 1.05, 0.90), 0.6, 0.0),  # reaches beyond the input
)
CLASSES = 3
LABELS = ("person", "bicycle", "car")


def picture(name: str, seed: int = 0) -> Picture:
    """A picture of the size with this name, of noise that is different in each channel."""
    width, height = PICTURE_SIZES[name]
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth // np.array([1, 2, 3], np.uint8), np.uint8)


@dataclass(frozen=True)
class Letterboxed:
    """A picture in a model's input, and where it lies there, in pixels of the input."""

    pixels: Picture
    left: int
    top: int
    width: int
    height: int

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """A place in pixels of the input, in fractions of the picture."""
        return (x - self.left) / self.width, (y - self.top) / self.height

    def box_to_picture(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float] | None:
        """A box in pixels of the input, in fractions of the picture and clipped to it; None if
        nothing of it is left."""
        sides = np.clip((*self.to_picture(left, top), *self.to_picture(right, bottom)), 0.0, 1.0)
        left, top, right, bottom = map(float, sides)
        return (left, top, right, bottom) if left < right and top < bottom else None


def letterbox(image: Picture, width: int, height: int, *, centred: bool = True) -> Letterboxed:
    """The picture scaled by one factor into an input of this size, the rest grey (114)."""
    rows, columns = image.shape[:2]
    factor = min(height / rows, width / columns)
    inner = max(1, round(columns * factor)), max(1, round(rows * factor))
    left, top = ((width - inner[0]) // 2, (height - inner[1]) // 2) if centred else (0, 0)
    canvas = np.full((height, width, 3), 114, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner)
    return Letterboxed(canvas, left, top, *inner)


def stretch(image: Picture, width: int, height: int) -> Letterboxed:
    """The picture over the whole input."""
    return Letterboxed(
        np.asarray(cv2.resize(image, (width, height)), np.uint8), 0, 0, width, height
    )
