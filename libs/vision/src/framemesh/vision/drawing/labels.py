"""Labels beside what they name, with as little overlap as there is room for."""

from collections.abc import Iterable

import numpy as np

from framemesh.core.detection import Box
from framemesh.vision.drawing.colors import Color
from framemesh.vision.drawing.lettering import Lettering
from framemesh.vision.drawing.pixels import Canvas, Place


class Labels:
    """Writes the labels of one picture, each where those before it leave room."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.covered = np.zeros((canvas.height, canvas.width), np.bool_)
        """[height, width]: the pixels under a label."""

    def beside(self, box: Box, line: str, color: Color) -> None:
        """Above the box, else above what stands there, below the box, in it, or at its side."""
        (left, top), (right, bottom) = self._canvas.corners(box)
        # Of an oriented box it is a corner, which has no size.
        letters = Lettering(self._canvas, line, max(right - left, bottom - top) or None)
        width, height = letters.width, letters.height
        places = [
            (left, top - height),
            (left, top - 2 * height),
            (left, bottom),
            (left, top - 3 * height),
            (right - width, bottom),
            (right, top),
            (left - width, top),
            (left, top),
            (left, bottom + height),
        ]
        self._write(letters, places, color)

    def of_frame(self, line: str, color: Color) -> None:
        """In the upper left corner of the picture, one below the other."""
        letters = Lettering(self._canvas, line)
        rows = range(0, max(1, self._canvas.height - letters.height), letters.height)
        self._write(letters, [(0, row) for row in rows], color)

    def _write(self, letters: Lettering, places: Iterable[Place], color: Color) -> None:
        parts = [self._inside(letters, place) for place in places]
        # The first of those that cover the least.
        rows, columns = min(parts, key=lambda part: np.count_nonzero(self.covered[part]))
        self.covered[rows, columns] = True
        letters.write(columns.start, rows.start, color)

    def _inside(self, letters: Lettering, place: Place) -> tuple[slice, slice]:
        """Rows and columns of a label near a place, moved into the picture."""
        left = max(0, min(place[0], self._canvas.width - letters.width))
        top = max(0, min(place[1], self._canvas.height - letters.height))
        return slice(top, top + letters.height), slice(left, left + letters.width)
