"""Pictures, and how fractions of one become its pixels."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box

Pixels: TypeAlias = NDArray[np.uint8]
"""[height, width, 3] of uint8, BGR."""

Place: TypeAlias = tuple[int, int]
"""x and y in pixels."""

FARTHEST_PIXEL = 32_000
"""OpenCV draws with coordinates of 16 bits; what is farther away is not seen anyway."""

SHORT_SIDE = 576
"""Of a picture with lines of two pixels: others have thicker or thinner ones in proportion."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture to draw on; lines and letters grow with it."""

    pixels: Pixels

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def scale(self) -> float:
        """1 for the bundled clip."""
        return min(self.width, self.height) / SHORT_SIDE

    @property
    def line(self) -> int:
        """Width of a line in pixels."""
        return max(1, round(2 * self.scale))

    def place(self, x: float, y: float) -> Place:
        """The pixel at fractions of the picture."""
        return _pixel(x, self.width), _pixel(y, self.height)

    def corners(self, box: Box) -> tuple[Place, Place]:
        """The upper left and the lower right pixel of a box."""
        return self.place(box.left, box.top), self.place(box.right, box.bottom)


def _pixel(fraction: float, side: int) -> int:
    return round(min(FARTHEST_PIXEL, max(-FARTHEST_PIXEL, fraction * side)))
