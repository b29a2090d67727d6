"""From positions in a model's input back to the image that lies in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framemesh.core.detection import Box, Point

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Projection:
    """Where an image lies in a model's input, in fractions of the input.

    Parts of the image may lie outside (a centre crop), and parts of the input beside it (a
    letterbox).
    """

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def point(self, at: Point) -> Point:
        """A place of the input, in fractions of the image."""
        return Point((at.x - self.left) / self.width, (at.y - self.top) / self.height)

    def box(self, box: Box) -> Box | None:
        """A box of the input, in fractions of the image and clipped to it; None if nothing is
        left of it."""
        if self is STRETCHED:
            return box
        left, top = self.point(Point(box.left, box.top))
        right, bottom = self.point(Point(box.right, box.bottom))
        left, right = (min(1.0, max(0.0, side)) for side in (left, right))
        top, bottom = (min(1.0, max(0.0, side)) for side in (top, bottom))
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    @property
    def seen(self) -> Box:
        """The part of the image that lies in the input: all of it, but of a centre crop."""
        return self.box(WHOLE) or WHOLE

    def in_input(self, at: Point) -> Point:
        """A place of the image, in fractions of the input."""
        return Point(self.left + at.x * self.width, self.top + at.y * self.height)

    def sampled(
        self, grid: NDArray[np.generic], area: Box, columns: int, rows: int
    ) -> NDArray[np.generic]:
        """[rows, columns]: the cells of `grid`, [height, width] over the input, that lie nearest to
        an even grid over `area`, a box of the image. They are 0 where the image lies beside the
        input: nothing is told of what was not seen."""
        first, last = (
            self.in_input(Point(area.left, area.top)),
            self.in_input(Point(area.right, area.bottom)),
        )
        xs = first.x + (np.arange(columns) + 0.5) / columns * (last.x - first.x)
        ys = first.y + (np.arange(rows) + 0.5) / rows * (last.y - first.y)
        height, width = grid.shape
        across = np.clip((xs * width).astype(np.intp), 0, width - 1)
        down = np.clip((ys * height).astype(np.intp), 0, height - 1)
        sampled: NDArray[np.generic] = grid[down[:, None], across[None, :]]
        sampled[(ys < 0) | (ys > 1)] = 0
        sampled[:, (xs < 0) | (xs > 1)] = 0
        return sampled

    def cells(self, grid: NDArray[np.generic], area: Box) -> tuple[int, int]:
        """Columns and rows of `grid` that cover `area`, a box of the image; at least 1."""
        height, width = grid.shape
        columns = round((area.right - area.left) * self.width * width)
        rows = round((area.bottom - area.top) * self.height * height)
        return max(1, columns), max(1, rows)


STRETCHED = Projection()
"""The image is the whole input."""
