"""What the models of tests "see", and the pictures in which they see it."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""[height, width, 3], blue first."""

PICTURE_SIZES = {
    "landscape": (384, 216),
    "portrait": (135, 240),
    "tiny": (9, 7),
    "large": (4000, 3000),
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


@cache
def picture(name: str, seed: int = 0) -> Picture:
    """A picture of the size with this name, of noise that is different in each channel."""
    width, height = PICTURE_SIZES[name]
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth // np.array([1, 2, 3], np.uint8), np.uint8)


@cache
def png(size: str) -> bytes:
    """The picture of a size, without a loss."""
    return cv2.imencode(".png", picture(size), [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
