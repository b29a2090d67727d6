"""One line of letters on a ground of its own color."""

from dataclasses import dataclass

import cv2

from framemesh.vision.drawing.colors import Color, ink
from framemesh.vision.drawing.pixels import Canvas

FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_SCALE = 0.45
MIN_FONT_SCALE = 0.3
"""Smaller letters cannot be read."""

SMALLEST_BESIDE = 48
"""Pixels of the longer side of a thing whose label has letters of the usual height: as high as a
quarter of it."""

LONGEST = 40
"""Characters; a longer line would cover the picture."""

TALLEST = "Äg"
"""Letters as high and as deep as any."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """A line that is measured, and can be written at any place of the picture."""

    canvas: Canvas
    line: str
    beside: int | None = None
    """The longer side of the thing that is named, in pixels; None: the whole picture is."""

    @property
    def width(self) -> int:
        """In pixels, with its margins."""
        return self._measured(self._drawn)[0] + 2 * self._margin

    @property
    def height(self) -> int:
        """The same for every line, so that lines stand evenly below one another."""
        _, above, below = self._measured(TALLEST)
        return above + below + 2 * self._margin

    def write(self, left: int, top: int, color: Color) -> None:
        """`color` is that of the ground."""
        pixels, margin = self.canvas.pixels, self._margin
        lower_right = (left + self.width - 1, top + self.height - 1)
        cv2.rectangle(pixels, (left, top), lower_right, color, cv2.FILLED)
        start = (left + margin, top + margin + self._measured(TALLEST)[1])
        cv2.putText(
            pixels, self._drawn, start, FONT, self._scale, ink(color), self._stroke, cv2.LINE_AA
        )

    def _measured(self, letters: str) -> tuple[int, int, int]:
        """Their width, their height above the base line, and below it."""
        size, below = cv2.getTextSize(letters, FONT, self._scale, self._stroke)
        return int(size[0]), int(size[1]), int(below)

    @property
    def _drawn(self) -> str:
        return self.line if len(self.line) <= LONGEST else f"{self.line[: LONGEST - 1]}…"

    @property
    def _scale(self) -> float:
        return max(MIN_FONT_SCALE, FONT_SCALE * self._size)

    @property
    def _size(self) -> float:
        """1 for letters of the usual height; larger in a large picture, unless the thing is small:
        a label would hide more than it tells."""
        size = self.canvas.scale
        if self.beside is None or size <= 1:
            return size
        return max(1.0, min(size, self.beside / SMALLEST_BESIDE))

    @property
    def _stroke(self) -> int:
        return max(1, round(self._scale))

    @property
    def _margin(self) -> int:
        return max(1, round(2 * self._size))
